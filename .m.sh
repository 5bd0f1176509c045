cd /work/integration
s=$1; d=/work/integration/build/m/$s; rm -rf $d; mkdir -p build/m
extra=""; [ $((s % 2)) = 0 ] && extra="--coordinated"
.venv/bin/ringleader simulate $d --seed $s -q --workers 1 $2 >/dev/null 2>&1
.venv/bin/ringleader hunt $d/alpha/case $d/alpha/evidence -q --workers 1 --rules builtin >/dev/null 2>&1
.venv/bin/ringleader score $d/alpha/case $d/truth/alpha --json > build/m/$s.json 2>/dev/null
rm -rf $d/alpha/evidence

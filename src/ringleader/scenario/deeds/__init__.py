"""What people, machines and intruders do, and the lines that each deed leaves in every log that would see it.

Background and actors use the same deeds, so that nothing in the form of a line tells whose it is."""

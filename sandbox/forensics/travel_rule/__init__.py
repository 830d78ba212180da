"""The travel rule: who pays and who is paid, told by one provider to the other."""

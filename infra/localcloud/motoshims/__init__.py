"""Where moto is set up, sped up without changing what it answers, and reached without HTTP."""

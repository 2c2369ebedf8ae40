"""How functions run: their code, their environment, their time, in this process or in one of their own."""

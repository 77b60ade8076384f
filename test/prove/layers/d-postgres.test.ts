import { randomCase } from "./random-case.ts";

randomCase("postgres", 3, 800);

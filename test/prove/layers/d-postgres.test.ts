import { randomCase } from "./random-case.ts";

randomCase("postgres", 1_000);

import { randomCase } from "./random-case.ts";

randomCase("postgres", 2_000);

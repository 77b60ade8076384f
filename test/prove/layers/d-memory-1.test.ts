import { randomCase } from "./random-case.ts";

randomCase("memory", 1, 4_600);

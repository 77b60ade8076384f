import { randomCase } from "./random-case.ts";

randomCase("memory", 2, 4_600);

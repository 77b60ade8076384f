import { randomCase } from "./random-case.ts";

randomCase("memory", 4_500);

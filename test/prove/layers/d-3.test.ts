import { randomCase } from "./random-case.ts";

randomCase(2);

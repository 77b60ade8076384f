/** The documented shapes of `-o json`, to hold real output against. */
import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

const FOLDER = new URL("../../docs/reference/schemas/", import.meta.url);
const BASE = "https://velvet.raxx.app/schemas/";

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, formats: { "date-time": INSTANT } });
for (const file of readdirSync(FOLDER)) ajv.addSchema(JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")));

/** What is wrong with this text as the shape says it; empty where nothing is. */
export function wrongShape(shape: string, text: string): string[] {
  const validate = ajv.getSchema(`${BASE}${shape}.json`);
  if (!validate) throw new Error(`there is no shape ${shape}`);
  void validate(JSON.parse(text));
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

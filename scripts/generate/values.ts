import { parse } from "yaml";
import { escaped, generatedFrom } from "./markdown.ts";

/** A schema as `values.schema.json` has them. */
interface ValueSchema {
  readonly type: string;
  readonly description: string;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly items?: ValueSchema;
}

/** `charts/velvet/README.md`: what it installs, and a table of all values from their schema and their defaults. */
export function chartReadme(schema: string, values: string): string {
  const whole = JSON.parse(schema) as ValueSchema; // our own file; the chart's tests check its shape
  return [
    generatedFrom("charts/velvet/values.schema.json and values.yaml"),
    "",
    "# The chart velvet",
    "",
    "Installs the controller with the rights that it needs and no others, the four kinds, the admission policies that prove names, and",
    "roles for people. How to install it: [on Kubernetes](../../docs/how-to/install-on-kubernetes.md).",
    "",
    "| value | default | meaning |",
    "| --- | --- | --- |",
    ...rows(whole, "", parse(values)),
    "",
  ].join("\n");
}

function rows(schema: ValueSchema, path: string, value: unknown): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const at = path === "" ? name : `${path}.${name}`;
    const own = isRecord(value) ? value[name] : undefined;
    if (inner.properties !== undefined) return rows(inner, at, own);
    const shown = own === undefined ? "" : `\`${JSON.stringify(own)}\``;
    const row = `| \`${at}\` | ${shown} | ${escaped(inner.description)} |`;
    return [row, ...(inner.items === undefined ? [] : rows(inner.items, `${at}[]`, undefined))];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

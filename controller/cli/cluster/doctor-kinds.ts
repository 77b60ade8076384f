/** Whether the cluster's kinds are those of this version: by their fields, values and rules, which whoever is known there may read. */
import type { Kind } from "../../../crds/kinds.gen.ts";
import { type Finding, missing, ok, warn } from "../../doctor/finding.ts";
import { isApiError } from "../../kubernetes/error.ts";
import { isRecord } from "../../kubernetes/object.ts";
import { readServedKinds } from "../../kubernetes/served-schemas.ts";
import { GROUP, kindSchema, KINDS, VERSION } from "../../sources/manifest/schema.ts";
import { ownVersion } from "../version.ts";
import type { OpenCluster } from "./open.ts";

const UPGRADE =
  "A cluster administrator upgrades the chart, which brings them: helm upgrade velvet <chart> --namespace velvet --reset-then-reuse-values; without the chart: kubectl apply --server-side -f crds/";

export async function checkKinds(cluster: OpenCluster): Promise<Finding[]> {
  const published = await schemasOf(cluster);
  const lacking = KINDS.filter((kind) => !published.has(kind));
  if (lacking.length > 0) {
    const said = `the cluster lacks ${lacking.join(", ")}`;
    return [missing("kinds", said, "A cluster administrator installs the chart velvet, with its CRDs.")];
  }
  const compared = KINDS.map((kind) => differenceOf(kind, published.get(kind)));
  const older = compared.flatMap(({ lacks }) => lacks);
  const newer = compared.flatMap(({ more }) => more);
  if (older.length > 0) return [missing("kinds", `the CRDs are older than this Velvet ${ownVersion()}: they lack ${some(older)}`, UPGRADE)]; // prettier-ignore
  if (newer.length > 0) {
    const said = `the CRDs are newer than this Velvet ${ownVersion()}: they have ${some(newer)}`;
    return [warn("kinds", said, "Use a velvet of the cluster's version: it may show less than there is.")];
  }
  return [ok("kinds", "all four kinds are there, and of this version")];
}

/** By kind, as the controller itself reads them; empty where the cluster knows none of them. */
async function schemasOf(cluster: OpenCluster): Promise<ReadonlyMap<string, unknown>> {
  const ask = async (path: string): Promise<unknown> => cluster.send({ method: "GET", path });
  return readServedKinds(ask, { group: GROUP, version: VERSION }).catch((error: unknown) => {
    if (isApiError(error) && error.status === 404) return new Map<string, unknown>();
    throw error;
  });
}

function differenceOf(kind: Kind, published: unknown): { readonly lacks: string[]; readonly more: string[] } {
  const [ours, theirs] = [new Set(factsOf({ properties: kindSchema(kind) })), new Set(factsOf(published))];
  const named = (facts: ReadonlySet<string>, other: ReadonlySet<string>): string[] =>
    [...facts].filter((fact) => !other.has(fact)).map((fact) => `${kind} ${fact}`);
  return { lacks: named(ours, theirs), more: named(theirs, ours) };
}

/** What can be told apart in a kind's spec and status: `status.gate.message`, `spec.flow = Testing`, and each rule with its text. */
function factsOf(schema: unknown): string[] {
  const properties = isRecord(schema) && isRecord(schema["properties"]) ? schema["properties"] : {};
  return ["spec", "status"].flatMap((part) => factsIn(properties[part], part));
}

function factsIn(schema: unknown, path: string): string[] {
  if (!isRecord(schema)) return [];
  const { properties, items, additionalProperties, enum: values } = schema;
  const rules = schema["x-kubernetes-validations"];
  return [
    path,
    ...(Array.isArray(values) ? values.map((value) => `${path} = ${String(value)}`) : []),
    ...(Array.isArray(rules) ? rules.filter(isRecord).map(({ rule }) => `${path}${RULE}${String(rule)}`) : []),
    ...(isRecord(properties)
      ? Object.entries(properties).flatMap(([name, inner]) => factsIn(inner, `${path}.${name}`))
      : []),
    ...factsIn(items, `${path}[]`),
    ...factsIn(additionalProperties, `${path}.*`),
  ];
}

/** Between a place and the text of a rule that stands there. */
const RULE = " rule ";
const SHOWN = 4;

/** Fields and values before rules, whose text would fill the screen. */
function some(facts: readonly string[]): string {
  const rules = facts.filter((fact) => fact.includes(RULE)).map((fact) => `a rule of ${fact.split(RULE)[0] ?? ""}`);
  const named = [...facts.filter((fact) => !fact.includes(RULE)), ...new Set(rules)];
  const more = named.length > SHOWN ? ` and ${named.length - SHOWN} more` : "";
  return `${named.slice(0, SHOWN).join(", ")}${more}`;
}

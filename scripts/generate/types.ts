import { parse } from "yaml";

/** The part of a structural schema that types are made from. */
export interface Schema {
  readonly type: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly pattern?: string;
}

export interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: Schema } }];
  };
}

const DURATION = "^([0-9]+(ms|s|m|h|d|w))+$";

/** Schemas that deserve a name, by their place. The same name at two places is one type: their shapes must be equal. */
const NAMED: Readonly<Record<string, string>> = {
  "VendorAccount.spec": "VendorAccountSpec",
  "VendorAccount.spec.endpoints[]": "AccountEndpoint",
  "VendorAccount.spec.auth[]": "SecretSource",
  "VendorAccount.spec.headers[]": "SecretSource",
  "VendorAccount.spec.allow[]": "AllowRule",
  "VendorAccount.status": "VendorAccountStatus",
  "VendorAccount.status.conditions[]": "Condition",
  "Credential.spec": "CredentialSpec",
  "Credential.spec.issuer": "IssuerSpec",
  "Credential.spec.custody": "CustodySpec",
  "Credential.spec.custody.keys[]": "ConsumerKey",
  "Credential.spec.consumers[]": "ConsumerSpec",
  "Credential.spec.consumers[].keys[]": "ConsumerKey",
  "Credential.spec.consumers[].restart": "ConsumerRestart",
  "Credential.spec.consumers[].check": "ConsumerCheck",
  "Credential.spec.rotation": "RotationPolicy",
  "Credential.status": "CredentialStatus",
  "Credential.status.conditions[]": "Condition",
  "Credential.status.consumers[]": "ConsumerStatus",
  "Credential.status.retired[]": "RetiredStatus",
  "RotationRequest.spec": "RotationRequestSpec",
  "RotationRequest.status": "RotationRequestStatus",
  "RotationRequest.status.conditions[]": "Condition",
  "RotationRequest.status.gate": "GateStatus",
  "RotationRequest.status.consumers[]": "ConsumerStatus",
  "RotationRequest.status.residual[]": "ResidualStatus",
  "RotationDecision.spec": "RotationDecisionSpec",
  "RotationDecision.spec.action": "DecisionAction",
  "RotationDecision.status": "RotationDecisionStatus",
  "RotationDecision.status.conditions[]": "Condition",
};

/** Where adapter blocks stand, and what their types are called after the adapter's name. */
const BLOCK_PLACES: Readonly<Record<string, string>> = {
  "VendorAccount.spec": "Account",
  "Credential.spec.issuer": "Issuer",
  "Credential.spec.custody": "Sink",
  "Credential.spec.consumers[]": "Sink",
};

/** Lists that grow with the adapters: the text is open, and the schema says which are known. */
const OPEN: ReadonlySet<string> = new Set(["VendorAccount.spec.adapter"]);

const HEAD = `// Generated from crds/*.yaml by \`npm run generate\`. Do not edit.

/** Go-like duration: \`500ms\`, \`90s\`, \`5m\`, \`24h\`, \`90d\`, \`2w\`, combinations allowed. */
export type Duration = string;

/** Settings in an adapter's own words. */
export type AdapterBlock = Readonly<Record<string, unknown>>;
`;

/** TypeScript for the kinds' specs and statuses, from the CRDs' text. */
export function typesOf(crds: readonly string[]): string {
  const emission = new Emission(adapterNames(crds.map(parseCrd)));
  const kinds = crds.map(parseCrd).map((crd) => {
    const { kind } = crd.spec.names;
    const { properties = {} } = crd.spec.versions[0].schema.openAPIV3Schema;
    for (const part of ["spec", "status"]) {
      const schema = properties[part];
      if (!schema) throw new Error(`${kind} has no ${part}`);
      emission.typeAt(`${kind}.${part}`, schema);
    }
    return kind;
  });
  const union = `export type Kind = ${kinds.map((kind) => JSON.stringify(kind)).join(" | ")};\n`;
  return [HEAD, union, ...emission.declarations()].join("\n");
}

function parseCrd(text: string): Crd {
  return parse(text) as Crd;
}

function adapterNames(crds: readonly Crd[]): readonly string[] {
  for (const crd of crds) {
    const names = crd.spec.versions[0].schema.openAPIV3Schema.properties?.spec?.properties?.adapter?.enum;
    if (names) return names;
  }
  throw new Error("no CRD lists the adapters");
}

class Emission {
  readonly #adapters: readonly string[];
  readonly #declared = new Map<string, string>();

  constructor(adapters: readonly string[]) {
    this.#adapters = adapters;
  }

  declarations(): string[] {
    return [...this.#declared.values()];
  }

  /** The type of what stands at `place`; declares it where it has a name. */
  typeAt(place: string, schema: Schema, blockName?: string): string {
    const name = blockName ?? NAMED[place];
    if (name === undefined) return this.#inline(place, schema);
    const body = this.#inline(place, schema);
    const text =
      schema.type === "object" && schema.properties
        ? `export interface ${name} ${body}\n`
        : `export type ${name} = ${body};\n`;
    const before = this.#declared.get(name);
    if (before !== undefined && bare(before) !== bare(doc(schema, "") + text)) throw new Error(`two shapes of ${name}`);
    if (before === undefined) this.#declared.set(name, doc(schema, "") + text);
    return name;
  }

  #inline(place: string, schema: Schema): string {
    if (schema.enum && !OPEN.has(place)) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
    if (schema.type === "object") return this.#object(place, schema);
    if (schema.type === "array") return arrayOf(this.typeAt(`${place}[]`, itemsOf(place, schema)));
    if (schema.type === "string") return schema.pattern === DURATION ? "Duration" : "string";
    return schema.type === "integer" ? "number" : schema.type;
  }

  #object(place: string, schema: Schema): string {
    if (schema.additionalProperties)
      return `Readonly<Record<string, ${this.typeAt(`${place}{}`, schema.additionalProperties)}>>`;
    if (!schema.properties) return "AdapterBlock";
    const suffix = BLOCK_PLACES[place];
    const lines = Object.entries(schema.properties).map(([field, part]) => {
      const isBlock = suffix !== undefined && this.#adapters.includes(field);
      const type = this.typeAt(`${place}.${field}`, part, isBlock ? `${pascal(field)}${suffix}` : undefined);
      const mark = schema.required?.includes(field) ? "" : "?";
      const key = /^[A-Za-z_$][\w$]*$/.test(field) ? field : JSON.stringify(field);
      return `${doc(part, "  ")}  readonly ${key}${mark}: ${indented(type)};\n`;
    });
    if (suffix !== undefined)
      lines.push(
        `  /** At most one adapter's block, under the adapter's name. */\n  readonly [adapter: string]: unknown;\n`,
      );
    return `{\n${lines.join("")}}`;
  }
}

function itemsOf(place: string, schema: Schema): Schema {
  if (!schema.items) throw new Error(`${place}: an array without items`);
  return schema.items;
}

function arrayOf(type: string): string {
  return /^[\w.]+$/.test(type) ? `readonly ${type}[]` : `readonly (${type})[]`;
}

function doc(schema: Schema, indent: string): string {
  return schema.description === undefined ? "" : `${indent}/** ${schema.description.replaceAll("*/", "*\\/")} */\n`;
}

function indented(type: string): string {
  return type.replaceAll("\n", "\n  ");
}

/** Without doc comments: the same type may be described in two ways. */
function bare(text: string): string {
  return text.replaceAll(/^ *\/\*\* .* \*\/\n/gm, "");
}

function pascal(name: string): string {
  return name.replaceAll(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

import { parse } from "yaml";
import type { AdapterBlocks } from "./adapters.ts";

/** One way of filling an adapter's block in, with the example that its schema gives. */
export interface BlockKind {
  /** Empty where the block has one kind only. */
  readonly kind: string;
  readonly config: unknown;
}

interface Schema {
  readonly description?: string;
  readonly maxProperties?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** A block of which exactly one field is filled in has a kind for each. Empty where the adapter has no such block. */
export function kindsOf({ name, blocks }: AdapterBlocks, role: "issuer" | "sink"): readonly BlockKind[] {
  const block = blocks[role] as Schema | undefined;
  if (!block) return [];
  if (block.maxProperties !== 1) return [{ kind: "", config: exampleOf(block, placeOf(name, role)) }];
  return Object.entries(block.properties ?? {}).map(([kind, schema]) => ({
    kind,
    config: { [kind]: exampleOf(schema, placeOf(name, `${role}.properties.${kind}`)) },
  }));
}

function placeOf(adapter: string, block: string): string {
  return `adapters/${adapter}/config.schema.yaml, ${block}`;
}

/** What stands after `Example:` in a description. Throws where nothing does. */
function exampleOf({ description = "" }: Schema, place: string): unknown {
  const text = /Example: `([^`]+)`/.exec(description)?.[1];
  if (text === undefined) throw new Error(`${place}: the description has no "Example: \`…\`"`);
  return parse(text);
}

import { stringify } from "yaml";
import {
  ONE_BLOCK_MESSAGE,
  oneBlockRule,
  OWN_BLOCK_MESSAGE,
  ownBlockRule,
  RESTART_MESSAGE,
  restartRule,
} from "../../controller/sources/manifest/block-rules.ts";
import type { AdapterBlocks, BlockRole } from "./adapters.ts";

/** From the mark `# adapters: <part>` to its end, both included; the marks stay, and what stands between is replaced. */
const MARKED = /^( *)# adapters: ([a-z-]+)\n(?:.*\n)*?\1# end of adapters\n/gm;

/** The CRD's text with what is composed from the adapters brought up to date. Everything outside the marks stays as it is. */
export function composeAdapters(text: string, adapters: readonly AdapterBlocks[]): string {
  return text.replaceAll(MARKED, (_, indent: string, part: string) => {
    const body = stringify(partOf(part, adapters), { lineWidth: 0, compat: "yaml-1.1" });
    const lines = body.trimEnd().split("\n");
    return [`# adapters: ${part}`, ...lines, "# end of adapters"].map((line) => `${indent}${line}\n`).join("");
  });
}

function partOf(part: string, adapters: readonly AdapterBlocks[]): unknown {
  switch (part) {
    case "names":
      return adapters.map((adapter) => adapter.name);
    case "account":
    case "issuer":
    case "sink":
      return Object.fromEntries(having(part, adapters).map((adapter) => [adapter.name, adapter.blocks[part]]));
    case "restart":
      return restartFields(adapters);
    case "restart-rule":
      return [{ rule: restartRule(names("restart", adapters)), message: RESTART_MESSAGE, fieldPath: ".restart" }];
    case "account-rule":
      return [{ rule: ownBlockRule(names("account", adapters)), message: OWN_BLOCK_MESSAGE }];
    case "issuer-rule":
      return [{ rule: oneBlockRule(names("issuer", adapters)), message: ONE_BLOCK_MESSAGE }];
    case "sink-rule":
      return [{ rule: oneBlockRule(names("sink", adapters)), message: ONE_BLOCK_MESSAGE }];
    default:
      throw new Error(`no adapters have a part ${part}`);
  }
}

/** They stand in `restart` itself. Two adapters' would need a rule that tells whose field is whose. */
function restartFields(adapters: readonly AdapterBlocks[]): unknown {
  const [own, other] = having("restart", adapters);
  if (other)
    throw new Error(`adapters/${other.name}: ${own?.name} has a restart already, and nothing tells them apart`);
  const block = own?.blocks.restart as { readonly properties?: unknown } | undefined;
  return block?.properties ?? {};
}

function having(role: BlockRole, adapters: readonly AdapterBlocks[]): AdapterBlocks[] {
  return adapters.filter((adapter) => adapter.blocks[role] !== undefined);
}

function names(role: BlockRole, adapters: readonly AdapterBlocks[]): string[] {
  return having(role, adapters).map((adapter) => adapter.name);
}

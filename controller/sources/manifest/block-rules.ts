/**
 * The CEL rules about adapter blocks. They name every adapter, so the generator writes them into the CRDs and the offline twins
 * recognise them by the same text.
 */

/** In a VendorAccount: only the block of its own adapter. */
export function ownBlockRule(names: readonly string[]): string {
  return names.map((name) => `(!has(self.${celName(name)}) || self.adapter == '${name}')`).join(" && ");
}

/** In an issuer, custody or consumer: at most one block, since one account has one adapter. */
export function oneBlockRule(names: readonly string[]): string {
  return `[${names.map((name) => `has(self.${celName(name)})`).join(", ")}].filter(given, given).size() <= 1`;
}

/** In a consumer: a restart is in the words of an adapter that restarts, whose block stands beside it. */
export function restartRule(names: readonly string[]): string {
  return ["!has(self.restart)", ...names.map((name) => `has(self.${celName(name)})`)].join(" || ");
}

export const RESTART_MESSAGE = "restart needs the block of an adapter that can restart, beside it";

export const OWN_BLOCK_MESSAGE = "only the block of the account's own adapter may be given";
export const ONE_BLOCK_MESSAGE = "at most one adapter's block may be given: the one of the account's adapter";

/** Kubernetes escapes what is no CEL identifier: https://kubernetes.io/docs/reference/using-api/cel/#escaping */
export function celName(name: string): string {
  return name.replaceAll("-", "__dash__");
}

/** Exactly what is where after an abort, before anybody decides on it. Pure. */
import { abortKeepsNew } from "../domain/abort.ts";
import { CUSTODY } from "../domain/consumers.ts";
import type { World } from "../domain/world.ts";
import { everybody, liveAttempt } from "../domain/world.ts";

/** One line each. `aborted` is the world as it would be once the abort is accepted. */
export function abortLines(aborted: World): string[] {
  if (aborted.rotation.flow === "Testing") return rehearsalLines(aborted);
  const attempt = liveAttempt(aborted);
  const old = aborted.rotation.facts.verify?.previousId ?? "the credential in use before";
  if (!attempt) return [`Nothing was minted. ${old} stays in use everywhere, and the rotation ends.`];
  const fresh = attempt.vendorId ?? "the new credential";
  if (abortKeepsNew(aborted)) return keepsNew(aborted, fresh, old);
  // In the order in which it is done: custody last.
  const touched = [...aborted.consumers, ...(aborted.custody ? [aborted.custody] : [])].filter((row) => row.touched);
  if (touched.length === 0) {
    return [`No consumer was given ${fresh}: it is revoked at the vendor. ${old} stays in use everywhere.`];
  }
  const names = touched.map((row) => (row.id === CUSTODY ? "custody" : row.id)).join(", ");
  return [
    `${old} is written back to: ${names}.`,
    `Only when each of them works with it again, ${fresh} is revoked at the vendor.`,
    "What could not be undone stays listed under what remains (residual).",
  ];
}

function rehearsalLines(aborted: World): string[] {
  const touched = everybody(aborted).filter((row) => row.touched);
  const names = touched.map((row) => (row.id === CUSTODY ? "custody" : row.id)).join(", ");
  return [
    "No live place was written, and the credential in use is not touched.",
    ...(touched.length === 0 ? [] : [`These test slots are put back as they were: ${names}.`]),
    liveAttempt(aborted) ? "The throwaway is revoked at the vendor, and looked for." : "Nothing was minted.",
  ];
}

function keepsNew(aborted: World, fresh: string, old: string): string[] {
  const working = aborted.consumers.filter((row) => row.state === "working").map((row) => row.id);
  const holders = aborted.custody?.state === "working" ? [...working, "custody"] : working;
  const rest = aborted.consumers.filter((row) => row.state !== "working").map((row) => row.id);
  return [
    "This does not roll back.",
    `${fresh} stays the one in use, held by: ${holders.join(", ")}.`,
    ...(rest.length === 0 ? [] : [`Not proven with it: ${rest.join(", ")}.`]),
    `${old} is not revoked: it becomes a retired id that stays alive until somebody ends it ` +
      "(`velvet destroy`, or `velvet mark-revoked` once it is revoked by hand).",
  ];
}

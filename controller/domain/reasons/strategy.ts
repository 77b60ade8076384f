/** Requests whose strategy does not fit the vendor or the acceptors. */
import { NOT_BEGUN } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const STRATEGY_REASONS: Readonly<Record<string, Reason>> = {
  OldDiesAtMint: {
    meaning: "The vendor ends the old credential as it makes the new one, and the strategy is Overlap.",
    fine: NOT_BEGUN,
    remedy: "Use the strategy Replace with acceptsDowntime: true, or another way of the adapter to mint.",
    where: ["request"],
  },
  AcceptorInactive: {
    meaning: "A consumer that accepts the value is switched off: it would go on accepting the old one alone.",
    fine: NOT_BEGUN,
    remedy: "Switch it on in the Credential, or remove it.",
    where: ["request"],
  },
  SecondSlotMissing: {
    meaning: "An acceptor has no second slot, so callers would be refused between the writes.",
    fine: NOT_BEGUN,
    remedy: "Give its keys a previousKey, or use the strategy Replace with acceptsDowntime: true.",
    where: ["request"],
  },
  BothInOne: {
    meaning: "A consumer accepts and sends under one name: it would send the new value before others accept it.",
    fine: NOT_BEGUN,
    remedy: "List it twice, as acceptor and as caller, each with its own key; or use Replace.",
    where: ["request"],
  },
};

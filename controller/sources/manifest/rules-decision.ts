import { isDeepStrictEqual } from "node:util";
import type { DecisionAction, RotationDecisionSpec } from "../../../crds/kinds.gen.ts";
import { changeTwin, type Twin, twinsOf } from "./twin.ts";

function isOneOf(action: DecisionAction, ...actions: readonly DecisionAction[]): boolean {
  return actions.includes(action);
}

/** Which object the decision is about. */
const SUBJECT = twinsOf<RotationDecisionSpec>("RotationDecision", "spec", [
  {
    code: "OneSubject",
    rule: "has(self.requestRef) != has(self.credentialRef)",
    message: "exactly one of requestRef and credentialRef must be given",
    holds: ({ requestRef, credentialRef }) => (requestRef !== undefined) !== (credentialRef !== undefined),
  },
  {
    code: "ActionNeedsRequest",
    rule: "has(self.requestRef) || !has(self.credentialRef) || self.action in ['MarkRevoked', 'RestoreRetired', 'DestroyRetired', 'CorrectDrift', 'AcceptDrift']",
    message: "this action is about a rotation: name it in requestRef",
    at: "action",
    holds: ({ requestRef, credentialRef, action }) =>
      requestRef !== undefined ||
      credentialRef === undefined ||
      isOneOf(action, "MarkRevoked", "RestoreRetired", "DestroyRetired", "CorrectDrift", "AcceptDrift"),
  },
  {
    code: "DriftNeedsCredential",
    rule: "!(self.action in ['CorrectDrift', 'AcceptDrift']) || !has(self.requestRef)",
    message: "drift belongs to a credential and not to a rotation: name it in credentialRef",
    at: "action",
    holds: ({ action, requestRef }) => !isOneOf(action, "CorrectDrift", "AcceptDrift") || requestRef === undefined,
  },
  {
    code: "VendorIdMissing",
    rule: "!(self.action in ['MarkRevoked', 'RestoreRetired', 'DestroyRetired']) || !has(self.credentialRef) || has(self.vendorId)",
    message: "with credentialRef, vendorId must say which of its credentials is meant",
    holds: ({ action, credentialRef, vendorId }) =>
      !isOneOf(action, "MarkRevoked", "RestoreRetired", "DestroyRetired") ||
      credentialRef === undefined ||
      vendorId !== undefined,
  },
]);

/** What must stand beside the action. */
const COMPLETE = twinsOf<RotationDecisionSpec>("RotationDecision", "spec", [
  {
    code: "GateMissing",
    rule: "!(self.action in ['Approve', 'Deny']) || has(self.gate)",
    message: "Approve and Deny need gate",
    holds: ({ action, gate }) => !isOneOf(action, "Approve", "Deny") || gate !== undefined,
  },
  {
    code: "GateNotExpected",
    rule: "!has(self.gate) || self.action in ['Approve', 'Deny']",
    message: "gate belongs to Approve and Deny",
    at: "gate",
    holds: ({ action, gate }) => gate === undefined || isOneOf(action, "Approve", "Deny"),
  },
  {
    code: "DigestMissing",
    rule: "self.action != 'Approve' || has(self.digest)",
    message: "Approve needs the open gate's digest, so that nobody approves something else than what was shown",
    holds: ({ action, digest }) => action !== "Approve" || digest !== undefined,
  },
  {
    code: "ConfirmationMissing",
    rule: "self.action != 'Approve' || !has(self.gate) || self.gate != 'Revoke' || (has(self.confirm) && has(self.ticket))",
    message: "approving a revoke needs confirm, which repeats the credentialName, and a ticket",
    holds: ({ action, gate, confirm, ticket }) =>
      action !== "Approve" || gate !== "Revoke" || (confirm !== undefined && ticket !== undefined),
  },
  {
    code: "ConsumerMissing",
    rule: "!(self.action in ['ConfirmConsumer', 'SkipConsumer']) || has(self.consumer)",
    message: "ConfirmConsumer and SkipConsumer need consumer",
    holds: ({ action, consumer }) => !isOneOf(action, "ConfirmConsumer", "SkipConsumer") || consumer !== undefined,
  },
  {
    code: "TicketMissing",
    rule: "!(self.action in ['SkipConsumer', 'MarkRevoked']) || has(self.ticket)",
    message: "SkipConsumer and MarkRevoked need a ticket",
    holds: ({ action, ticket }) => !isOneOf(action, "SkipConsumer", "MarkRevoked") || ticket !== undefined,
  },
  {
    code: "SealedValueMismatch",
    rule: "(self.action == 'ProvideValue') == has(self.sealedValue)",
    message: "ProvideValue needs sealedValue, and no other action takes one",
    holds: ({ action, sealedValue }) => (action === "ProvideValue") === (sealedValue !== undefined),
  },
]);

export const DECISION_RULES: readonly Twin[] = [
  changeTwin<RotationDecisionSpec>("RotationDecision", {
    code: "DecisionImmutable",
    rule: "self == oldSelf",
    message: "a RotationDecision is immutable: file a new one under another name",
    holds: (self, old) => isDeepStrictEqual(self, old),
  }),
  ...SUBJECT,
  ...COMPLETE,
];

import { isDeepStrictEqual } from "node:util";
import type { RotationRequestSpec } from "../../../crds/kinds.gen.ts";
import { changeTwin, type Twin, twinsOf } from "./twin.ts";

/** Folded as in the CRD: one line. */
const UNCHANGED = [
  "self.credentialRef == oldSelf.credentialRef && self.flow == oldSelf.flow",
  "&& self.reason == oldSelf.reason && self.requestedBy == oldSelf.requestedBy",
  ...["expect", "target", "ticket", "notBefore", "deadline"].map(
    (field) =>
      `&& has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`,
  ),
].join(" ");

export const REQUEST_RULES: readonly Twin[] = [
  changeTwin<RotationRequestSpec>("RotationRequest", {
    code: "RequestImmutable",
    rule: UNCHANGED,
    message: "a RotationRequest is immutable but for suspend: file a new one under another name",
    holds: (self, old) => isDeepStrictEqual({ ...self, suspend: false }, { ...old, suspend: false }),
  }),
  ...twinsOf<RotationRequestSpec>("RotationRequest", "spec", [
    {
      code: "ExpectOutsideOperational",
      rule: "!has(self.expect) || self.expect == 'Alive' || self.flow == 'Operational'",
      message:
        "expect Dead and Absent belong to the flow Operational: only there is a new credential minted in place of the current one",
      at: "expect",
      holds: ({ expect = "Alive", flow }) => expect === "Alive" || flow === "Operational",
    },
    {
      code: "TargetOutsideRevocation",
      rule: "!has(self.target) || self.flow == 'Revocation'",
      message: "target belongs to the flow Revocation",
      at: "target",
      holds: ({ target, flow }) => target === undefined || flow === "Revocation",
    },
    {
      code: "DeadlineTooEarly",
      rule: "!has(self.notBefore) || !has(self.deadline) || self.notBefore < self.deadline",
      message: "deadline must be later than notBefore",
      at: "deadline",
      holds: ({ notBefore, deadline }) =>
        notBefore === undefined || deadline === undefined || Date.parse(notBefore) < Date.parse(deadline),
    },
  ]),
];

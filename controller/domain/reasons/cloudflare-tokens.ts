/** What the adapter cloudflare says of API tokens. */
import { BOTH, IN_USE, NORMAL, NOTHING, RETRIES, UNTOUCHED } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const CLOUDFLARE_TOKENS_REASONS: Readonly<Record<string, Reason>> = {
  ApiTokenActive: {
    meaning: "Cloudflare says that the token is active.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["account", "rotation"],
  },
  ApiTokenUnknown: {
    meaning: "Cloudflare knows no such token: it was deleted or rolled, or never was one.",
    fine: UNTOUCHED,
    remedy: "Abort, and request the rotation again with expect: Dead.",
    commands: ["velvet abort <request>", "velvet request rotate <credential> --expect Dead"],
    where: ["rotation"],
  },
  ApiTokenDisabled: {
    meaning: "The token is disabled at Cloudflare.",
    fine: IN_USE,
    remedy: "Enable it there, or request the rotation with expect: Dead; renew an account's own token.",
    where: ["account", "rotation"],
  },
  ApiTokenExpired: {
    meaning: "The token's last day is over.",
    fine: IN_USE,
    remedy: "Request the rotation with expect: Dead; renew an account's own token.",
    where: ["account", "rotation"],
  },
  ApiTokenMalformed: {
    meaning: "The value has not the form of a token.",
    fine: UNTOUCHED,
    remedy: "Put the token alone there, without a blank or a line break at its end, and retry.",
    commands: ["velvet retry <request>"],
    where: ["account", "rotation"],
  },
  ApiTokenOfOtherKind: {
    meaning: "The token belongs to a user and the manifest says account, or the other way round.",
    fine: UNTOUCHED,
    remedy: "Name it as userToken or accountToken, as it is; each kind is known at an endpoint of its own.",
    where: ["rotation"],
  },
  ApiTokenRefusedHere: {
    meaning: "Cloudflare does not say whether the token works: it may be bound to other addresses than Velvet's.",
    fine: IN_USE,
    remedy: "Let the token's condition include Velvet's addresses.",
    where: ["account", "rotation"],
  },
  ApiTokenNotYetValid: {
    meaning: "The token is not valid before a date that lies ahead.",
    fine: IN_USE,
    remedy: "Wait for that date, or remove not_before from the token at Cloudflare.",
    where: ["rotation"],
  },
  ApiTokenScopesRefused: {
    meaning: "The token is active, and the probe's endpoint refuses it.",
    fine: IN_USE,
    remedy: "Give the token the permission that its consumers need, or correct the probe.",
    where: ["rotation"],
  },
  ApiTokenNotConfigured: {
    meaning: "The token or secret is not one that the issuer's block names.",
    fine: IN_USE,
    remedy: "Correct the issuer's name or tokenId; what another Credential owns is never cloned or ended.",
    where: ["rotation"],
  },
  ApiTokenMissing: {
    meaning: "There is no token to take the permissions of the new one from.",
    fine: UNTOUCHED,
    remedy: "Make one at Cloudflare with the permissions that the consumers need, and give it the issuer's name.",
    where: ["rotation"],
  },
  ApiTokenNotRenamed: {
    meaning: "The token was rolled, and could not be given the name that tells which roll it was.",
    fine: "The old value is dead, as Replace accepts; Velvet rolls again.",
    remedy: RETRIES,
    where: ["rotation"],
  },
  CloudflareAccountIdMissing: {
    meaning: "The VendorAccount does not say which Cloudflare account is meant.",
    fine: IN_USE,
    remedy: "Set cloudflare.accountId in the VendorAccount.",
    where: ["account", "rotation", "consumer"],
  },
  CloudflareIssuerUnnamed: {
    meaning: "The Credential names none of the kinds that Cloudflare issues.",
    fine: UNTOUCHED,
    remedy: "Give the issuer one of userToken, accountToken and accessServiceToken.",
    where: ["rotation"],
  },
  ProbeEndpointMissing: {
    meaning: "The VendorAccount has no endpoint of the name that the issuer's probe has.",
    fine: BOTH,
    remedy: "Add it to the VendorAccount's endpoints, or correct the probe.",
    where: ["rotation"],
  },
  ProbeEndpointNotMeant: {
    meaning: "The VendorAccount's endpoint is not to be sent this field.",
    fine: BOTH,
    remedy: "Set send in the VendorAccount's endpoint, if it is meant for this credential.",
    where: ["rotation"],
  },
};

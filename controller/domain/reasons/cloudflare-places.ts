/** What the adapter cloudflare says of Access service tokens and of Workers. */
import { BOTH, IN_USE, NEW, NORMAL, NOTHING, RETRIES, UNTOUCHED } from "./reason.ts";
import type { Reason } from "./reason.ts";

export const CLOUDFLARE_PLACES_REASONS: Readonly<Record<string, Reason>> = {
  AccessPassed: {
    meaning: "Access let the service token through to the probe's endpoint.",
    fine: NORMAL,
    remedy: NOTHING,
    where: ["rotation"],
  },
  AccessRefused: {
    meaning: "Access does not let the service token through to the probe's endpoint.",
    fine: UNTOUCHED,
    remedy: "See that a Service Auth policy includes the token; where it is dead, request with expect: Dead.",
    commands: ["velvet abort <request>", "velvet request rotate <credential> --expect Dead"],
    where: ["rotation"],
  },
  AccessGraceMissing: {
    meaning: "A rotation was asked for without a date until which the old secret lives; this is a mistake of Velvet.",
    fine: UNTOUCHED,
    remedy: "Report it as a bug.",
    where: ["rotation"],
  },
  AccessGraceOver: {
    meaning: "The old secret has ended already, so its date cannot be moved.",
    fine: "The new secret works.",
    remedy: "Give every consumer the new one; retry or skip those that fail.",
    commands: ["velvet describe <request>", "velvet retry <request>"],
    where: ["rotation"],
  },
  AccessOlderSecretLives: {
    meaning: "The newest secret ends only with the whole service token, and the one before it is still accepted.",
    fine: BOTH,
    remedy: "End the older one first; then this one can be ended.",
    commands: ["velvet destroy <credential> <vendor-id>"],
    where: ["rotation"],
  },
  AccessGenerationAhead: {
    meaning: "Cloudflare does not show the secret yet that is to be ended.",
    fine: IN_USE,
    remedy: RETRIES,
    where: ["rotation"],
  },
  AccessNotTurnedOn: {
    meaning: "A service token that was off has a new secret, and could not be turned on again.",
    fine: "No secret of the token is accepted, as before.",
    remedy: "Turn it on in Zero Trust, or delete it; then request the rotation again.",
    commands: ["velvet describe <request>"],
    where: ["rotation"],
  },
  AccessSession: {
    meaning: "Access has given callers of the old secret sessions that live on for a while.",
    fine: NEW,
    remedy: "Where that is too long, revoke existing tokens of the application in Zero Trust.",
    where: ["rotation"],
  },
  WorkerVersionNotDeployed: {
    meaning: "The newest version of the Worker is not the one that is deployed, so Cloudflare takes no secret.",
    fine: BOTH,
    remedy: "Deploy the newest version of the Worker, or delete it, then retry.",
    commands: ["velvet retry <request>"],
    where: ["consumer"],
  },
  WorkerRolledBack: {
    meaning: "An older version of the Worker was deployed, which holds the secrets from before the write.",
    fine: BOTH,
    remedy: "Deploy a version from after the write; Velvet checks and writes again.",
    commands: ["velvet retry <request>"],
    where: ["consumer"],
  },
  WorkerVersions: {
    meaning: "Older versions of the Worker hold the old secret, and a rollback brings it back.",
    fine: NEW,
    remedy: "Roll forward only, or write the secret again after a rollback.",
    where: ["rotation"],
  },
};

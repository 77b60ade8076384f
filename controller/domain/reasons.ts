/** Every reason that Velvet can show, with what it means for a person. A test keeps it complete, and free of what nothing shows. */
import { ASSISTED_REASONS } from "./reasons/assisted.ts";
import { AWS_REASONS } from "./reasons/aws.ts";
import { CAUSES_CREDENTIAL_REASONS } from "./reasons/causes-credential.ts";
import { CAUSES_STEPS_REASONS } from "./reasons/causes-steps.ts";
import { CHECKPOINT_REASONS } from "./reasons/checkpoint.ts";
import { CHECKS_REASONS } from "./reasons/checks.ts";
import { CLOUDFLARE_PLACES_REASONS } from "./reasons/cloudflare-places.ts";
import { CLOUDFLARE_TOKENS_REASONS } from "./reasons/cloudflare-tokens.ts";
import { CLUSTER_REASONS } from "./reasons/cluster.ts";
import { DECISION_REASONS } from "./reasons/decision.ts";
import { DRIFT_PLACES_REASONS, DRIFT_STATES_REASONS, DRIFT_VENDOR_REASONS } from "./reasons/drift.ts";
import { FILE_REASONS } from "./reasons/file.ts";
import { GITHUB_ACCOUNT_REASONS, GITHUB_CREDENTIAL_REASONS } from "./reasons/github.ts";
import { HEROKU_REASONS } from "./reasons/heroku.ts";
import { INFISICAL_REASONS } from "./reasons/infisical.ts";
import { KUBERNETES_REASONS } from "./reasons/kubernetes.ts";
import { MANIFEST_RULES_REASONS } from "./reasons/manifest-rules.ts";
import { MANIFEST_TEXT_REASONS } from "./reasons/manifest-text.ts";
import { MINT_REASONS } from "./reasons/mint.ts";
import { PERSON_REASONS, SCHEDULED_REASONS } from "./reasons/person.ts";
import { POSTGRES_LOGIN_REASONS } from "./reasons/postgres-login.ts";
import { POSTGRES_ROLES_REASONS } from "./reasons/postgres-roles.ts";
import type { Reason } from "./reasons/reason.ts";
import { REHEARSAL_REASONS } from "./reasons/rehearsal.ts";
import { REQUEST_REASONS } from "./reasons/request.ts";
import { SERVER_REASONS } from "./reasons/server.ts";
import { REVOCATION_REASONS } from "./reasons/revocation.ts";
import { SOURCE_REASONS } from "./reasons/source.ts";
import { STAGES_BEGIN_REASONS } from "./reasons/stages-begin.ts";
import { STAGES_END_REASONS } from "./reasons/stages-end.ts";
import { START_REASONS } from "./reasons/start.ts";
import { STRATEGY_REASONS } from "./reasons/strategy.ts";
import { VENDOR_REASONS } from "./reasons/vendor.ts";
import { VENDORS_REASONS } from "./reasons/vendors.ts";

/** By name, in the order of a credential's way: what the reference shows one after the other. */
export const REASON_GROUPS: readonly {
  readonly title: string;
  readonly reasons: Readonly<Record<string, Reason>>;
}[] = [
  { title: "Requests", reasons: REQUEST_REASONS },
  { title: "Requests: strategies", reasons: STRATEGY_REASONS },
  { title: "Stages, from the request to the new credential", reasons: STAGES_BEGIN_REASONS },
  { title: "Stages, from the first write to the end", reasons: STAGES_END_REASONS },
  { title: "The credential in use, and the new one", reasons: CAUSES_CREDENTIAL_REASONS },
  { title: "Mints whose answer was lost, and values made by a person", reasons: MINT_REASONS },
  { title: "What a person does at the vendor", reasons: ASSISTED_REASONS },
  { title: "Steps, held-back revokes, what stays behind", reasons: CAUSES_STEPS_REASONS },
  { title: "A person who is waited for", reasons: PERSON_REASONS },
  { title: "Scheduled requests on a cluster", reasons: SCHEDULED_REASONS },
  { title: "Revocations", reasons: REVOCATION_REASONS },
  { title: "Rehearsals", reasons: REHEARSAL_REASONS },
  { title: "Decisions", reasons: DECISION_REASONS },
  { title: "Drift: what places hold", reasons: DRIFT_PLACES_REASONS },
  { title: "Drift: what the vendor has", reasons: DRIFT_VENDOR_REASONS },
  { title: "Drift: looks and decisions", reasons: DRIFT_STATES_REASONS },
  { title: "Vendors and accounts", reasons: VENDOR_REASONS },
  { title: "Endpoints and checks", reasons: CHECKS_REASONS },
  { title: "PostgreSQL: logins and servers", reasons: POSTGRES_LOGIN_REASONS },
  { title: "PostgreSQL: roles and statements", reasons: POSTGRES_ROLES_REASONS },
  { title: "Tokens and secrets of several vendors", reasons: VENDORS_REASONS },
  { title: "AWS", reasons: AWS_REASONS },
  { title: "Cloudflare: API tokens", reasons: CLOUDFLARE_TOKENS_REASONS },
  { title: "Cloudflare: Access and Workers", reasons: CLOUDFLARE_PLACES_REASONS },
  { title: "Files", reasons: FILE_REASONS },
  { title: "GitHub: accounts and secrets", reasons: GITHUB_ACCOUNT_REASONS },
  { title: "GitHub: keys and tokens", reasons: GITHUB_CREDENTIAL_REASONS },
  { title: "Heroku", reasons: HEROKU_REASONS },
  { title: "Infisical", reasons: INFISICAL_REASONS },
  { title: "Kubernetes", reasons: KUBERNETES_REASONS },
  { title: "Manifests: text and fields", reasons: MANIFEST_TEXT_REASONS },
  { title: "Manifests: rules", reasons: MANIFEST_RULES_REASONS },
  { title: "Manifests: what the API server says", reasons: SERVER_REASONS },
  { title: "Sources", reasons: SOURCE_REASONS },
  { title: "Clusters", reasons: CLUSTER_REASONS },
  { title: "Start", reasons: START_REASONS },
  { title: "A restored ledger", reasons: CHECKPOINT_REASONS },
];

export const REASONS: Readonly<Record<string, Reason>> = Object.fromEntries(
  REASON_GROUPS.flatMap(({ reasons }) => Object.entries(reasons)),
);

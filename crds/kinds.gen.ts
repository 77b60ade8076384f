// Generated from crds/*.yaml by `npm run generate`. Do not edit.

/** Go-like duration: `500ms`, `90s`, `5m`, `24h`, `90d`, `2w`, combinations allowed. */
export type Duration = string;

/** Settings in an adapter's own words. */
export type AdapterBlock = Readonly<Record<string, unknown>>;

export type Kind = "VendorAccount" | "Credential" | "RotationRequest" | "RotationDecision";

/** One URL that a check may ask. Example: `{name: orders-login, url: https://orders.internal/ready, proves: credential}`. */
export interface AccountEndpoint {
  /** Name that a Credential's check refers to. Example: `orders-login`. */
  readonly name: string;
  /** What is asked; redirects are not followed, and only the status code is kept. Example: `https://orders.internal/ready`. */
  readonly url: string;
  /** HTTP method. Example: `GET`. */
  readonly method?: "GET" | "HEAD" | "POST";
  /** Status codes that are a pass. Example: `[200, 204]`. */
  readonly expectStatus?: readonly number[];
  /** What a pass proves: `credential` that the consumer works with exactly this value on a fresh connection, `liveness` only that it is up. Example: `credential`. */
  readonly proves: "credential" | "liveness";
  /** Which field of the value is sent with the question, and in which header; nothing is sent without it. Example: `{field: token, header: authorization, prefix: "Bearer "}`. */
  readonly send?: {
    /** Field of the value. Example: `token`. */
    readonly field: string;
    /** Header that carries it. Example: `authorization`. */
    readonly header: string;
    /** Text before the field's value. Example: `Bearer `. */
    readonly prefix?: string;
  };
  /** Whether the URL may lead to a private or loopback address; link-local and metadata addresses are always refused. Example: `true`. */
  readonly allowPrivate?: boolean;
  /** How long an answer may take. Example: `10s`. */
  readonly timeout?: Duration;
}

/** One named secret. Exactly one of `env`, `file` and `secretRef` says where it is. Example: `{name: password, env: VELVET_ACCOUNT_ORDERS_POSTGRES}`. */
export interface SecretSource {
  /** What the adapter calls it. Example: `password`. */
  readonly name: string;
  /** Variable in the controller's environment; only names that begin with VELVET_ACCOUNT_ are allowed. Example: `VELVET_ACCOUNT_ORDERS_POSTGRES`. */
  readonly env?: string;
  /** File inside the operator's accounts directory, as a relative path. Example: `orders-postgres/password`. */
  readonly file?: string;
  /** Secret in the controller's own namespace; in Kubernetes only. Example: `{name: orders-postgres, key: password}`. */
  readonly secretRef?: {
    /** Name of the Secret. Example: `orders-postgres`. */
    readonly name: string;
    /** Key in the Secret. Example: `password`. */
    readonly key: string;
  };
}

/** One rule; a credential needs one rule that allows all it asks for. Example: `{namespaces: [orders], targets: {role: [orders*]}}`. */
export interface AllowRule {
  /** Namespaces, globs allowed. Example: `[orders, billing-*]`. */
  readonly namespaces: readonly string[];
  /** Names of Credential objects, globs allowed; all of the namespaces' when left out. Example: `[orders-*]`. */
  readonly credentials?: readonly string[];
  /** Globs over what the adapter touches, by the adapter's target field; a field that is left out is not limited. Example: `{role: [orders, orders_b]}`. */
  readonly targets?: Readonly<Record<string, readonly string[]>>;
}

/** Which region is meant. The access key that Velvet works with is in the `auth` entries `accessKeyId` and `secretAccessKey`. Example: `{region: eu-central-1}`. */
export interface AwsAccount {
  /** Region of the parameters and secrets, and of the STS that keys are verified at; IAM is one for all. It says which public endpoints are used where the account has no `endpoint`. Example: `eu-central-1`. */
  readonly region: string;
  /** True where Velvet's own access key is a temporary one, whose session token is the `auth` entry `sessionToken`. Example: `true`. */
  readonly temporary?: boolean;
  /** How long one request may take. Example: `10`. */
  readonly timeoutSeconds?: number;
}

/** Which Cloudflare account is meant, and what kind of API token Velvet itself has. The token is the `auth` entry `token`. Example: `{accountId: 023e105f4ecef8ad9ca31a8372d0c353, tokenKind: account}`. */
export interface CloudflareAccount {
  /** The account's id; needed for everything but tokens of a user. Example: `023e105f4ecef8ad9ca31a8372d0c353`. */
  readonly accountId?: string;
  /** Whether Velvet's own API token belongs to a user or to the account: each is verified at an endpoint of its own. Example: `account`. */
  readonly tokenKind?: "user" | "account";
  /** How many tokens Cloudflare allows a user. Example: `50`. */
  readonly userTokenQuota?: number;
  /** How many tokens Cloudflare allows the account. Example: `500`. */
  readonly accountTokenQuota?: number;
  /** For how long a new token or secret may still be refused after it was made. Example: `60`. */
  readonly propagationSeconds?: number;
  /** How long one request that only reads may take. Example: `5`. */
  readonly timeoutSeconds?: number;
}

/** Which folder may be written. Example: `{root: /srv/secrets}`. */
export interface FileAccount {
  /** Absolute path of the folder; no file outside it is ever read or written. Example: `/srv/secrets`. */
  readonly root: string;
}

/** How Velvet authenticates: as a GitHub App, or with the `auth` entry `token` where `app` is left out. Example: `{app: {appId: 123456, installationId: 987654}}`. */
export interface GithubAccount {
  /** A GitHub App and one installation of it. Its private key is the `auth` entry `privateKey`. Example: `{appId: 123456, installationId: 987654}`. */
  readonly app?: {
    /** The App's id, from its settings page. Example: `123456`. */
    readonly appId: number;
    /** The installation's id: the number at the end of its settings page's address. Example: `987654`. */
    readonly installationId: number;
  };
  /** Sent as X-GitHub-Api-Version. Example: `2022-11-28`. */
  readonly apiVersion?: string;
  /** The largest value that a secret may have, in bytes; a larger one is refused before anything is sent. Example: `49152`. */
  readonly maxSecretBytes?: number;
  /** How long nothing is sent after a secondary rate limit that does not say for how long. Example: `60`. */
  readonly secondaryWaitSeconds?: number;
  /** How long one request may take. Example: `20`. */
  readonly timeoutSeconds?: number;
}

/** What the account's token is for, and where the data API is. The token is the `auth` entry `token`. Example: `{uses: [config-vars]}`. */
export interface HerokuAccount {
  /** What this account is used for; its probe asks for the rights of these, and nothing else is done with it. Only `authorization` needs a token of scope `global`. Default: all three. Example: `[config-vars]`. */
  readonly uses?: readonly ("authorization" | "postgres" | "config-vars")[];
  /** Base URL of Heroku's data API, which rotates Postgres credentials. Default: `https://api.data.heroku.com`; must be given where `endpoint` is not Heroku's own. Example: `https://api.data.heroku.com`. */
  readonly dataEndpoint?: string;
  /** How long one answer may take. Example: `30s`. */
  readonly timeout?: Duration;
}

/** Nothing to configure: what is asked stands in `endpoints`. Example: `{}`. */
export type HttpAccount = AdapterBlock;

/** How Velvet speaks to this Infisical. Client id and client secret of its own machine identity are the `auth` entries `clientId` and `clientSecret`. Example: `{secretsApi: auto}`. */
export interface InfisicalAccount {
  /** Which of Infisical's interfaces for secrets is spoken. `auto` asks the newer one first, and the older one where the instance does not have it. Example: `auto`. */
  readonly secretsApi?: "auto" | "v4" | "v3";
  /** Name of the sub-organization that the identity logs in to, where there are any. Example: `payments`. */
  readonly subOrganization?: string;
  /** How long Infisical may take to answer one request. Example: `15`. */
  readonly timeoutSeconds?: number;
  /** How long Velvet keeps away from a client id that Infisical has locked, where it may not read the identity's own setting. Example: `300`. */
  readonly lockoutSeconds?: number;
}

/** Which API server, and as whom. Example: `{inCluster: true}`. */
export interface KubernetesAccount {
  /** Whether it is the cluster that Velvet itself runs in, as the pod's own ServiceAccount; then without `endpoint` and `auth`. Example: `true`. */
  readonly inCluster?: boolean;
  /** How long a request may take. Example: `30s`. */
  readonly timeout?: Duration;
  /** What the account is for: the probe asks the API server whether all of it is permitted. Example: `[{namespace: orders, secrets: [orders-app], deployments: [orders]}]`. */
  readonly uses?: readonly ({
    /** The namespace. Example: `orders`. */
    readonly namespace: string;
    /** Whether Velvet makes Secrets that are missing. Example: `true`. */
    readonly create?: boolean;
    /** Secrets that it writes. Example: `[orders-app]`. */
    readonly secrets?: readonly string[];
    /** Deployments that it restarts. Example: `[orders]`. */
    readonly deployments?: readonly string[];
    /** StatefulSets that it restarts. Example: `[orders-queue]`. */
    readonly statefulSets?: readonly string[];
    /** DaemonSets that it restarts. Example: `[orders-agent]`. */
    readonly daemonSets?: readonly string[];
  })[];
}

/** What a person is told to do at the vendor, where no API does it. Example: `{mint: {text: Dashboard, Keys, Rotate secret, link: https://dashboard.plaid.com/developers/keys}}`. */
export interface ManualAccount {
  /** How a new credential is made. Example: `{text: Keys, Rotate secret., expected: 4h}`. */
  readonly mint?: {
    /** Plain text. Example: `Dashboard, Developers, Keys: Rotate secret. The old one stays until it is deleted`. */
    readonly text: string;
    /** Where. Example: `https://dashboard.plaid.com/developers/keys`. */
    readonly link?: string;
    /** How long it usually takes; whoever has not done it by then is reminded. Example: `4h`. */
    readonly expected?: string;
  };
  /** How the old credential is ended. Example: `{text: Keys, Delete beside the old secret., expected: 1h}`. */
  readonly revoke?: {
    /** Plain text. Example: `Dashboard, Developers, Keys: Delete beside the old secret, and only that`. */
    readonly text: string;
    /** Where. Example: `https://dashboard.plaid.com/developers/keys`. */
    readonly link?: string;
    /** How long it usually takes; whoever has not done it by then is reminded. Example: `1h`. */
    readonly expected?: string;
  };
  /** How long one answer may take. Example: `20`. */
  readonly timeoutSeconds?: number;
}

/** How Velvet logs in to this server. The password is the `auth` entry `password`. Example: `{user: velvet_admin, sslMode: verify-full}`. */
export interface PostgresAccount {
  /** Role that Velvet logs in as; it needs CREATEROLE, pg_signal_backend and, from PostgreSQL 16 on, ADMIN OPTION on the roles that it rotates. Example: `velvet_admin`. */
  readonly user?: string;
  /** How the connection is protected. `disable` is for a server on the same machine; `require` encrypts without checking who answers; `verify-full` checks certificate and host name. Example: `verify-full`. */
  readonly sslMode?: "disable" | "require" | "verify-full";
  /** Absolute path of a PEM file with the authorities to trust instead of the system's. Example: `/etc/velvet/ca/orders-postgres.pem`. */
  readonly caFile?: string;
}

/** How Velvet sees what people do at Postmark: with an account token, the `auth` entry `accountToken`. Example: `{detects: true}`. */
export interface PostmarkAccount {
  /** False where there is no account token: then people hand values in, and say what they have ended. Example: `true`. */
  readonly detects?: boolean;
  /** Where people log in; instructions link there. Example: `https://account.postmarkapp.com`. */
  readonly dashboard?: string;
  /** How long it usually takes until somebody has clicked; after that they are reminded. Example: `1h`. */
  readonly expected?: string;
  /** How long one answer may take. Example: `20`. */
  readonly timeoutSeconds?: number;
}

/** Nothing to configure: random values are made by Velvet itself. Example: `{}`. */
export type RandomAccount = AdapterBlock;

/** What the platform team wants. Example: `{adapter: postgres, endpoint: postgres://db.internal:5432/orders, postgres: {user: velvet_admin}, allow: [{namespaces: [orders]}]}`. */
export interface VendorAccountSpec {
  /** Which adapter speaks to the vendor; its own settings stand in the field of the same name. Example: `postgres`. */
  readonly adapter: string;
  /** Base URL of the vendor. It stands here and nowhere else, and holds no user name or password. Example: `postgres://db.internal:5432/orders`. */
  readonly endpoint?: string;
  /** URLs that checks may ask; Credentials name them and never hold a URL. Example: `[{name: orders-login, url: https://orders.internal/ready, proves: credential}]`. */
  readonly endpoints?: readonly AccountEndpoint[];
  /** How Velvet authenticates: named secrets, each from one place. Example: `[{name: password, env: VELVET_ACCOUNT_ORDERS_POSTGRES}]`. */
  readonly auth?: readonly SecretSource[];
  /** Headers that every request to the vendor carries, from the same places as `auth`. Example: `[{name: cf-access-client-secret, env: VELVET_ACCOUNT_CF_ACCESS}]`. */
  readonly headers?: readonly SecretSource[];
  /** Which credentials may use this account, and for which targets. A credential that no rule allows is refused. Example: `[{namespaces: [orders], credentials: [orders-*], targets: {role: [orders, orders_b]}}]`. */
  readonly allow: readonly AllowRule[];
  /** Whether a decision must come from someone other than the requester, proven and not just claimed. Example: `true`. */
  readonly twoPerson?: boolean;
  /** How hard Velvet may press the vendor. Example: `{concurrency: 4, requestsPerMinute: 120}`. */
  readonly limits?: {
    /** Calls at once. Example: `4`. */
    readonly concurrency?: number;
    /** Calls in a minute. Example: `120`. */
    readonly requestsPerMinute?: number;
  };
  /** Which region is meant. The access key that Velvet works with is in the `auth` entries `accessKeyId` and `secretAccessKey`. Example: `{region: eu-central-1}`. */
  readonly aws?: AwsAccount;
  /** Which Cloudflare account is meant, and what kind of API token Velvet itself has. The token is the `auth` entry `token`. Example: `{accountId: 023e105f4ecef8ad9ca31a8372d0c353, tokenKind: account}`. */
  readonly cloudflare?: CloudflareAccount;
  /** Which folder may be written. Example: `{root: /srv/secrets}`. */
  readonly file?: FileAccount;
  /** How Velvet authenticates: as a GitHub App, or with the `auth` entry `token` where `app` is left out. Example: `{app: {appId: 123456, installationId: 987654}}`. */
  readonly github?: GithubAccount;
  /** What the account's token is for, and where the data API is. The token is the `auth` entry `token`. Example: `{uses: [config-vars]}`. */
  readonly heroku?: HerokuAccount;
  /** Nothing to configure: what is asked stands in `endpoints`. Example: `{}`. */
  readonly http?: HttpAccount;
  /** How Velvet speaks to this Infisical. Client id and client secret of its own machine identity are the `auth` entries `clientId` and `clientSecret`. Example: `{secretsApi: auto}`. */
  readonly infisical?: InfisicalAccount;
  /** Which API server, and as whom. Example: `{inCluster: true}`. */
  readonly kubernetes?: KubernetesAccount;
  /** What a person is told to do at the vendor, where no API does it. Example: `{mint: {text: Dashboard, Keys, Rotate secret, link: https://dashboard.plaid.com/developers/keys}}`. */
  readonly manual?: ManualAccount;
  /** How Velvet logs in to this server. The password is the `auth` entry `password`. Example: `{user: velvet_admin, sslMode: verify-full}`. */
  readonly postgres?: PostgresAccount;
  /** How Velvet sees what people do at Postmark: with an account token, the `auth` entry `accountToken`. Example: `{detects: true}`. */
  readonly postmark?: PostmarkAccount;
  /** Nothing to configure: random values are made by Velvet itself. Example: `{}`. */
  readonly random?: RandomAccount;
  /** At most one adapter's block, under the adapter's name. */
  readonly [adapter: string]: unknown;
}

/** One condition, in the shape of metav1.Condition. Example: `{type: Ready, status: "True", reason: LoginAccepted, message: "", lastTransitionTime: "2026-11-21T09:30:00Z"}`. */
export interface Condition {
  /** What is said to be so. Example: `Ready`. */
  readonly type: string;
  /** Whether it is so. Example: `True`. */
  readonly status: "True" | "False" | "Unknown";
  /** The generation of the spec that this condition speaks of. Example: `3`. */
  readonly observedGeneration?: number;
  /** When `status` last changed. Example: `2026-11-21T09:30:00Z`. */
  readonly lastTransitionTime: string;
  /** Why, in one CamelCase word. Example: `LoginAccepted`. */
  readonly reason: string;
  /** Why, in a sentence for a person; never a value, never a vendor's own text. Example: `The login was accepted.`. */
  readonly message: string;
}

/** What Velvet observed. Written by the controller alone, and never read back. Example: `{remaining: 4812}`. */
export interface VendorAccountStatus {
  /** The generation of the spec that this status speaks of; -1 until Velvet has seen the object. Example: `3`. */
  readonly observedGeneration?: number;
  /** Last value of the annotation `velvet.raxx.app/requestedAt` that was acted on. Example: `2026-11-21T09:30:00Z`. */
  readonly lastHandledReconcileAt?: string;
  /** Whether the account works: `Ready`; whether its vendor has something of this install's alive that nobody owns: `Drifted`; `DefinitionCurrent` only while false. Example: `[{type: Ready, status: "True", reason: LoginAccepted, message: "", lastTransitionTime: "2026-11-21T09:30:00Z"}]`. */
  readonly conditions?: readonly Condition[];
  /** Remaining quota at the vendor, where it tells. Example: `4812`. */
  readonly remaining?: number;
  /** When the account was last probed. Example: `2026-11-21T09:30:00Z`. */
  readonly lastProbeTime?: string;
}

/** Whose access keys are rotated. Example: `{user: orders-app}`. */
export interface AwsIssuer {
  /** IAM user, by name and without its path; it must exist, and no person uses it. Example: `orders-app`. */
  readonly user: string;
  /** How long a new key may still be refused after its mint, because IAM takes its time to tell all of its servers. Example: `60`. */
  readonly propagationSeconds?: number;
}

/** What is rotated: exactly one of the three. Example: `{userToken: {name: orders-dns}}`. */
export interface CloudflareIssuer {
  /** An API token of the user who owns Velvet's own token. Example: `{name: orders-dns, probe: orders-zone}`. */
  readonly userToken?: {
    /** The token's name at Cloudflare; each new one is called by this name and a marker, and no token with another name is cloned or ended. Example: `orders-dns`. */
    readonly name: string;
    /** Give the token another value in its place instead of making a second token: the old value is dead at once, so the Credential needs the strategy Replace with acceptsDowntime. Example: `true`. */
    readonly roll?: boolean;
    /** Name of an endpoint of the VendorAccount that a live token must be able to read, because a token's verification says nothing of its permissions; its `send` must name the field `value`. Example: `orders-zone`. */
    readonly probe?: string;
  };
  /** An API token that the account owns. Example: `{name: orders-dns, probe: orders-zone}`. */
  readonly accountToken?: {
    /** The token's name at Cloudflare; each new one is called by this name and a marker, and no token with another name is cloned or ended. Example: `orders-dns`. */
    readonly name: string;
    /** Give the token another value in its place instead of making a second token: the old value is dead at once, so the Credential needs the strategy Replace with acceptsDowntime. Example: `true`. */
    readonly roll?: boolean;
    /** Name of an endpoint of the VendorAccount that a live token must be able to read, because a token's verification says nothing of its permissions; its `send` must name the field `value`. Example: `orders-zone`. */
    readonly probe?: string;
  };
  /** The client secret of an Access service token, which keeps its client id; the old secret lives on until a date. Example: `{tokenId: f174e90a-fafe-4643-bbbc-4a0ed4fc8415, probe: orders-internal}`. */
  readonly accessServiceToken?: {
    /** The service token's id, which is not its client id. Example: `f174e90a-fafe-4643-bbbc-4a0ed4fc8415`. */
    readonly tokenId: string;
    /** Name of an endpoint of the VendorAccount behind Access that lets this service token in; its `send` must name the field `clientSecret`. Example: `orders-internal`. */
    readonly probe: string;
  };
}

/** What is issued: exactly one of these. Example: `{deployKey: {repository: acme/orders}}`. */
export interface GithubIssuer {
  /** An SSH key pair for one repository, made by Velvet; GitHub is given the public half. Example: `{repository: acme/orders, access: read}`. */
  readonly deployKey?: {
    /** Owner and name. Example: `acme/orders`. */
    readonly repository: string;
    /** Whether the key may also push. Example: `read`. */
    readonly access?: "read" | "write";
    /** Allow an account with a personal access token to make the key, although GitHub deletes the key together with that token. Example: `false`. */
    readonly acceptsEndWithToken?: boolean;
  };
  /** A token of the account's App installation; GitHub ends it one hour after its mint. Example: `{repositories: [orders], permissions: {contents: read}}`. */
  readonly installationToken?: {
    /** Names without the owner; every repository of the installation where left out. Example: `[orders]`. */
    readonly repositories?: readonly string[];
    /** What the token may do; all that the installation may where left out. Example: `{contents: read}`. */
    readonly permissions?: Readonly<Record<string, "read" | "write" | "admin">>;
  };
  /** A personal access token, classic or fine-grained: a person makes it, Velvet verifies and ends it. Example: `{login: orders-bot}`. */
  readonly personalAccessToken?: {
    /** Whose token it must be. Example: `orders-bot`. */
    readonly login: string;
  };
}

/** What is rotated: an OAuth authorization of the account's user, or a credential of a Heroku Postgres database. Exactly one. Example: `{authorization: {scope: [write-protected]}}`. */
export interface HerokuIssuer {
  /** An API token of the account's own user, with a scope of its own. Example: `{scope: [read-protected]}`. */
  readonly authorization?: {
    /** What the new token may do. Example: `[write-protected]`. */
    readonly scope: readonly ("global" | "identity" | "read" | "write" | "read-protected" | "write-protected")[];
    /** After this long Heroku ends the new token by itself; choose it well above the rotation's interval. Default: never. Example: `180d`. */
    readonly expiresIn?: Duration;
  };
  /** A credential of a database; Heroku itself writes the config vars of the apps that it is attached to. Example: `{addon: postgresql-sunny-1234, credential: orders}`. */
  readonly postgres?: {
    /** Name or id of the add-on. Example: `postgresql-sunny-1234`. */
    readonly addon: string;
    /** Name of the credential; Essential plans have only `default`. Example: `orders`. */
    readonly credential?: string;
    /** Ends the old password at once instead of within 30 minutes; needs `acceptsReset`. Example: `false`. */
    readonly forced?: boolean;
    /** Whether connections may be cut when the password changes, which Heroku does for `default` and for `forced`. Example: `true`. */
    readonly acceptsReset?: boolean;
  };
}

/** Whose client secrets are rotated: one machine identity with universal auth. Example: `{identity: 4b3f1a7e-52a1-4c0e-9a57-0f6f3a0f9e11}`. */
export interface InfisicalIssuer {
  /** Id of the machine identity, as its page and the API show it; not its client id. Example: `4b3f1a7e-52a1-4c0e-9a57-0f6f3a0f9e11`. */
  readonly identity: string;
}

/** Whose credential it is, and so how it is verified: exactly one of these. Example: `{plaid: {clientId: 5f1a0c}}`. */
export interface ManualIssuer {
  /** A Plaid secret of one environment; the account's endpoint says which one. Example: `{clientId: 5f1a0c}`. */
  readonly plaid?: {
    /** The team's client id, which is no secret. Example: `5f1a0c1b2d3e4f5061728394`. */
    readonly clientId: string;
  };
  /** A TaxCloud API key, of its first API. Example: `{loginId: 1A2B3C4D}`. */
  readonly taxcloud?: {
    /** The store's API login id. Example: `1A2B3C4D`. */
    readonly loginId: string;
    /** Whether the vendor ends the old key as it gives the new one, as its support may. False only where they promised otherwise. Example: `true`. */
    readonly endsOld?: boolean;
  };
  /** A Slack bot token. Example: `{team: T0123ABCD}`. */
  readonly slack?: {
    /** Id of the workspace that it must be of. Example: `T0123ABCD`. */
    readonly team: string;
    /** Whether installing the app again ends the old token. Example: `true`. */
    readonly endsOld?: boolean;
  };
  /** The API key of a FreeScout; making a new one always ends the old one. Example: `{mailbox: 2}`. */
  readonly freescout?: {
    /** A mailbox that the key must see, so that it is the right FreeScout's. Example: `2`. */
    readonly mailbox?: number;
  };
  /** A Sentry auth token. Example: `{organization: acme}`. */
  readonly sentry?: {
    /** Slug of the organization that it must reach. Example: `acme`. */
    readonly organization: string;
  };
  /** Any other vendor: one of the account's endpoints is sent the credential and tells. Example: `{name: token-check}`. */
  readonly endpoint?: {
    /** Name of an entry in the VendorAccount's `endpoints`, which must `send` the credential. Example: `token-check`. */
    readonly name: string;
    /** Names of the value's fields. Example: `[id, secret]`. */
    readonly fields?: readonly string[];
    /** Whether the vendor ends the old one as a new one is made. Example: `false`. */
    readonly endsOld?: boolean;
    /** Whether a wrong value can lock the right one out: then none is ever tried on purpose. Example: `false`. */
    readonly locksOut?: boolean;
  };
}

/** Which role's password is rotated. Two roles take turns, so that both passwords work while consumers change over. Example: `{role: orders, alternate: orders_b}`. */
export interface PostgresIssuer {
  /** Role that consumers log in as today; it must exist. Example: `orders`. */
  readonly role: string;
  /** Second role that takes turns with `role`, and acts as `owner`; created at the first mint where it does not exist. Default: `role` followed by `_b`. Example: `orders_b`. */
  readonly alternate?: string;
  /** Role that owns the objects and that both login roles are members of and act as. Default: `role`. Example: `orders_owner`. */
  readonly owner?: string;
  /** Database named in the next value's `database` and `url`. Default: the one of the value in use, else the one of the account's endpoint. Example: `orders`. */
  readonly database?: string;
}

/** The API tokens of one server. Example: `{serverId: 1234567}`. */
export interface PostmarkIssuer {
  /** The server's id: the number in its address in the dashboard. Example: `1234567`. */
  readonly serverId: number;
  /** False where the account has no account token. Example: `true`. */
  readonly detects?: boolean;
  /** How many tokens Postmark allows a server; a server that has as many is not asked for another one. Example: `3`. */
  readonly maxTokens?: number;
}

/** Shape of a value that Velvet chooses by itself, for consumers that accept what they are told. Example: `{bytes: 32, encoding: base64url}`. */
export interface RandomIssuer {
  /** How many random bytes, before encoding. Example: `32`. */
  readonly bytes?: number;
  /** How the bytes are written as text. Example: `base64url`. */
  readonly encoding?: "hex" | "base64url";
}

/** Who issues it. Example: `{account: orders-postgres, postgres: {role: orders, alternate: orders_b}}`. */
export interface IssuerSpec {
  /** Name of a VendorAccount. Example: `orders-postgres`. */
  readonly account: string;
  /** The vendor's id of the credential in use, where Velvet cannot find it out by itself. Example: `AKIAIOSFODNN7EXAMPLE`. */
  readonly currentId?: string;
  /** Whose access keys are rotated. Example: `{user: orders-app}`. */
  readonly aws?: AwsIssuer;
  /** What is rotated: exactly one of the three. Example: `{userToken: {name: orders-dns}}`. */
  readonly cloudflare?: CloudflareIssuer;
  /** What is issued: exactly one of these. Example: `{deployKey: {repository: acme/orders}}`. */
  readonly github?: GithubIssuer;
  /** What is rotated: an OAuth authorization of the account's user, or a credential of a Heroku Postgres database. Exactly one. Example: `{authorization: {scope: [write-protected]}}`. */
  readonly heroku?: HerokuIssuer;
  /** Whose client secrets are rotated: one machine identity with universal auth. Example: `{identity: 4b3f1a7e-52a1-4c0e-9a57-0f6f3a0f9e11}`. */
  readonly infisical?: InfisicalIssuer;
  /** Whose credential it is, and so how it is verified: exactly one of these. Example: `{plaid: {clientId: 5f1a0c}}`. */
  readonly manual?: ManualIssuer;
  /** Which role's password is rotated. Two roles take turns, so that both passwords work while consumers change over. Example: `{role: orders, alternate: orders_b}`. */
  readonly postgres?: PostgresIssuer;
  /** The API tokens of one server. Example: `{serverId: 1234567}`. */
  readonly postmark?: PostmarkIssuer;
  /** Shape of a value that Velvet chooses by itself, for consumers that accept what they are told. Example: `{bytes: 32, encoding: base64url}`. */
  readonly random?: RandomIssuer;
  /** At most one adapter's block, under the adapter's name. */
  readonly [adapter: string]: unknown;
}

/** One field of the value under one name. Example: `{field: url, name: DATABASE_URL}`. */
export interface ConsumerKey {
  /** Field of the value, as the issuer declares it; the vendor's `id` is a field too. Example: `url`. */
  readonly field: string;
  /** Name under which it is written. Example: `DATABASE_URL`. */
  readonly name: string;
  /** An acceptor's second slot: the name that keeps the old value until the revoke. Example: `WEBHOOK_SECRET_PREVIOUS`. */
  readonly previousKey?: string;
}

/** Where the keys are kept: one parameter for each, or together as the JSON of one secret. Example: `{parameters: {path: /orders/production}}`. */
export interface AwsSink {
  /** Systems Manager Parameter Store: a parameter for each key, named path, slash, key. Example: `{path: /orders/production}`. */
  readonly parameters?: {
    /** What stands before the key's name; the key `DATABASE_URL` is then `/orders/production/DATABASE_URL`. Example: `/orders/production`. */
    readonly path: string;
    /** `SecureString` is encrypted with KMS. A parameter that exists must already be of this type, which AWS never changes. Example: `SecureString`. */
    readonly type?: "SecureString" | "String";
    /** KMS key of a SecureString: id, ARN or alias. Default: the key that the parameter has now, else AWS's own `alias/aws/ssm`. Example: `alias/orders`. */
    readonly kmsKey?: string;
    /** Default: the tier that the parameter has now, else the region's. Values of more than 4 KB need `Advanced`. Example: `Standard`. */
    readonly tier?: "Standard" | "Advanced" | "Intelligent-Tiering";
    /** Label that moves to each version that Velvet writes. Give it where consumers read `name:label`; Velvet then compares that version too. Example: `velvet-current`. */
    readonly label?: string;
  };
  /** Secrets Manager: the keys are members of the JSON object of one secret. Example: `{name: orders/production}`. */
  readonly secret?: {
    /** Name of the secret, not its ARN; made at the first write where it does not exist. Example: `orders/production`. */
    readonly name: string;
    /** KMS key for a secret that Velvet makes: id, ARN or alias. One that exists keeps its own. Default: AWS's own `alias/aws/secretsmanager`. Example: `alias/orders`. */
    readonly kmsKey?: string;
  };
}

/** The secrets of a Worker. All keys of one write become one version, which is deployed at once. Example: `{script: orders-api}`. */
export interface CloudflareSink {
  /** The Worker's name; it must exist and be deployed. Example: `orders-api`. */
  readonly script: string;
}

/** A file under the account's root that holds the keys. Example: `{path: orders/.env, format: dotenv}`. */
export interface FileSink {
  /** Path relative to the account's root; no `..`, no leading slash. Example: `orders/.env`. */
  readonly path: string;
  /** How keys are written in the file: `dotenv` has lines `NAME=value`, `json` is one flat object. Example: `dotenv`. */
  readonly format: "dotenv" | "json";
  /** Permissions of the file; an existing file keeps its own where they are stricter. `0640` lets the file's group read. Example: `"0640"`. */
  readonly mode?: "0600" | "0640";
}

/** Secrets of GitHub Actions or Dependabot: of a repository, of one of its environments, or of an organization. Example: `{repository: acme/orders, environment: production}`. */
export interface GithubSink {
  /** Which of the two stores; they share nothing. Example: `actions`. */
  readonly store?: "actions" | "dependabot";
  /** Owner and name; either this or `organization`. Example: `acme/orders`. */
  readonly repository?: string;
  /** An environment of the repository, for secrets of Actions. Example: `production`. */
  readonly environment?: string;
  /** An organization; either this or `repository`. Example: `acme`. */
  readonly organization?: string;
  /** Which repositories read an organization's secret that does not exist yet; one that exists keeps what it has. Example: `private`. */
  readonly visibility?: "all" | "private" | "selected";
  /** For `visibility: selected`: ids of the repositories that read a new secret. Example: `[1296269]`. */
  readonly selectedRepositoryIds?: readonly number[];
}

/** Config vars of one app. Example: `{app: orders-production}`. */
export interface HerokuSink {
  /** Name or id of the app. Example: `orders-production`. */
  readonly app: string;
}

/** One folder of one environment, where secrets with the names of `keys` are kept. Example: `{project: 9f0c2d1e-8a44-4c3b-b6f5-7d2c1b0a9e88, environment: prod, path: /orders}`. */
export interface InfisicalSink {
  /** Id of the project, from its settings. Example: `9f0c2d1e-8a44-4c3b-b6f5-7d2c1b0a9e88`. */
  readonly project: string;
  /** Slug of the environment. Example: `prod`. */
  readonly environment: string;
  /** Folder, from the root; it is made where it is missing, parents first. Example: `/orders/api`. */
  readonly path?: string;
  /** Whether Velvet may read the values back. Where it is false only versions are compared, every write is made whether or not it changes something, and a receipt needs a check or a person. Example: `true`. */
  readonly readValues?: boolean;
}

/** Keys of one Secret. Example: `{namespace: orders, secret: orders-app}`. */
export interface KubernetesSink {
  /** The Secret's namespace. Example: `orders`. */
  readonly namespace: string;
  /** The Secret's name. It is made where it is missing. Example: `orders-app`. */
  readonly secret: string;
  /** Whether Velvet takes its keys from whoever owns them now, also from another controller, which then must be told to leave them alone. Example: `false`. */
  readonly force?: boolean;
}

/** The sink with the canonical copy, written first. May be left out only where `readFrom` names a consumer. Example: `{account: orders-files, file: {path: custody/orders-db.json, format: json}}`. */
export interface CustodySpec {
  /** Name of a VendorAccount. Example: `orders-files`. */
  readonly account: string;
  /** Which field of the value goes under which name; all fields under their own names when left out. Example: `[{field: url, name: DATABASE_URL}]`. */
  readonly keys?: readonly ConsumerKey[];
  /** Where the keys are kept: one parameter for each, or together as the JSON of one secret. Example: `{parameters: {path: /orders/production}}`. */
  readonly aws?: AwsSink;
  /** The secrets of a Worker. All keys of one write become one version, which is deployed at once. Example: `{script: orders-api}`. */
  readonly cloudflare?: CloudflareSink;
  /** A file under the account's root that holds the keys. Example: `{path: orders/.env, format: dotenv}`. */
  readonly file?: FileSink;
  /** Secrets of GitHub Actions or Dependabot: of a repository, of one of its environments, or of an organization. Example: `{repository: acme/orders, environment: production}`. */
  readonly github?: GithubSink;
  /** Config vars of one app. Example: `{app: orders-production}`. */
  readonly heroku?: HerokuSink;
  /** One folder of one environment, where secrets with the names of `keys` are kept. Example: `{project: 9f0c2d1e-8a44-4c3b-b6f5-7d2c1b0a9e88, environment: prod, path: /orders}`. */
  readonly infisical?: InfisicalSink;
  /** Keys of one Secret. Example: `{namespace: orders, secret: orders-app}`. */
  readonly kubernetes?: KubernetesSink;
  /** At most one adapter's block, under the adapter's name. */
  readonly [adapter: string]: unknown;
}

/** How to see that it works. Without a check a person confirms. Example: `{type: http, account: orders-checks, endpoint: orders-login}`. */
export interface ConsumerCheck {
  /** `native` reads the value back through the sink, `http` asks a named endpoint, `manual` lets a person confirm. Example: `http`. */
  readonly type: "native" | "http" | "manual";
  /** Name of the VendorAccount that has the endpoint. Example: `orders-checks`. */
  readonly account?: string;
  /** Name of one of the account's endpoints. Example: `orders-login`. */
  readonly endpoint?: string;
}

/** How to make it take up the new value, in the words of its account's adapter. Example: `{deployments: [orders]}`. */
export interface ConsumerRestart {
  /** Deployments. Example: `[orders]`. */
  readonly deployments?: readonly string[];
  /** StatefulSets. Example: `[orders-queue]`. */
  readonly statefulSets?: readonly string[];
  /** DaemonSets. Example: `[orders-agent]`. */
  readonly daemonSets?: readonly string[];
}

/** One holder of a copy: where it is written, and how to see that it works. Example: `{id: orders-app, account: orders-files, keys: [{field: url, name: DATABASE_URL}], check: {type: native}}`. */
export interface ConsumerSpec {
  /** The consumer's id, unique in this Credential and kept for ever. Example: `orders-app`. */
  readonly id: string;
  /** Whether Velvet writes it. An inactive consumer may still hold the old value, so a person looks before a revoke. Example: `false`. */
  readonly active?: boolean;
  /** Name of a VendorAccount. Example: `orders-files`. */
  readonly account: string;
  /** Which field of the value goes under which name. Example: `[{field: url, name: DATABASE_URL}]`. */
  readonly keys: readonly ConsumerKey[];
  /** `caller` presents the credential, `acceptor` checks it, `both` does both; acceptors are written before callers. Example: `caller`. */
  readonly role?: "caller" | "acceptor" | "both";
  /** How to see that it works. Without a check a person confirms. Example: `{type: http, account: orders-checks, endpoint: orders-login}`. */
  readonly check?: ConsumerCheck;
  /** How to make it take up the new value, in the words of its account's adapter. Example: `{deployments: [orders]}`. */
  readonly restart?: ConsumerRestart;
  /** Waves are written one after the other, lowest first. Example: `1`. */
  readonly wave?: number;
  /** A place of its own for rehearsals (flow Testing): fields of the account's adapter in place of the live ones, `keySuffix` to put behind each key's name, or both; `endpoint` names an endpoint of the check's account that asks there. Never a live place. Example: `{path: orders/.env.test}`. */
  readonly testSlot?: AdapterBlock;
  /** Whether it survives keys that change one after the other, where its sink cannot write all at once. Example: `false`. */
  readonly acceptsTearing?: boolean;
  /** Where the keys are kept: one parameter for each, or together as the JSON of one secret. Example: `{parameters: {path: /orders/production}}`. */
  readonly aws?: AwsSink;
  /** The secrets of a Worker. All keys of one write become one version, which is deployed at once. Example: `{script: orders-api}`. */
  readonly cloudflare?: CloudflareSink;
  /** A file under the account's root that holds the keys. Example: `{path: orders/.env, format: dotenv}`. */
  readonly file?: FileSink;
  /** Secrets of GitHub Actions or Dependabot: of a repository, of one of its environments, or of an organization. Example: `{repository: acme/orders, environment: production}`. */
  readonly github?: GithubSink;
  /** Config vars of one app. Example: `{app: orders-production}`. */
  readonly heroku?: HerokuSink;
  /** One folder of one environment, where secrets with the names of `keys` are kept. Example: `{project: 9f0c2d1e-8a44-4c3b-b6f5-7d2c1b0a9e88, environment: prod, path: /orders}`. */
  readonly infisical?: InfisicalSink;
  /** Keys of one Secret. Example: `{namespace: orders, secret: orders-app}`. */
  readonly kubernetes?: KubernetesSink;
  /** At most one adapter's block, under the adapter's name. */
  readonly [adapter: string]: unknown;
}

/** When and how it is rotated. Example: `{every: 90d, overlap: 1h, quarantine: 7d}`. */
export interface RotationPolicy {
  /** How old a credential may become before its rotation is due and requested by itself; never when left out, and never more often than every 8 hours. Example: `90d`. */
  readonly every?: Duration;
  /** When a scheduled rotation may start. Example: `{days: [Mon, Tue], start: "09:00", end: "16:00"}`. */
  readonly window?: {
    /** Days of the week; every day when left out. Example: `[Mon, Tue, Wed, Thu]`. */
    readonly days?: readonly ("Mon" | "Tue" | "Wed" | "Thu" | "Fri" | "Sat" | "Sun")[];
    /** Start of the window, in quotes, 24 hours. Example: `"09:00"`. */
    readonly start: string;
    /** End of the window; before `start` means the next day. Example: `"16:00"`. */
    readonly end: string;
  };
  /** Time zone of the window, by its IANA name. Example: `Europe/Vienna`. */
  readonly timeZone?: string;
  /** Scheduled rotations start up to this much later, so that not all start at once; a hundredth of `every` when left out. Example: `6h`. */
  readonly jitter?: Duration;
  /** How long old and new live side by side, measured from the last receipt. Example: `1h`. */
  readonly overlap?: Duration;
  /** Grace between disabling the old credential and destroying it, where the vendor can disable. Example: `7d`. */
  readonly quarantine?: Duration;
  /** `Overlap` keeps the old credential alive until every consumer has the new one; `Replace` kills it first. Example: `Overlap`. */
  readonly strategy?: "Overlap" | "Replace";
  /** Whether consumers may fail between the mint and their write; needed for `Replace`. Example: `true`. */
  readonly acceptsDowntime?: boolean;
  /** How many consumers of a wave may fail before the next wave is stopped. Example: `1`. */
  readonly failureBudget?: number;
}

/** What the team wants. Example: `{credentialName: ORDERS_DB, environment: production, issuer: {account: orders-postgres, postgres: {role: orders}}, custody: {account: vault}, consumers: [{id: orders-app, account: orders-files, keys: [{field: url, name: DATABASE_URL}]}]}`. */
export interface CredentialSpec {
  /** The credential's name among people; approving a revoke repeats it. Example: `ORDERS_DB`. */
  readonly credentialName: string;
  /** The environment it belongs to; a controller of another environment refuses it. Example: `production`. */
  readonly environment: string;
  /** Whether Velvet alone mints this one, so that a credential which appeared after our mint can only be ours. Example: `true`. */
  readonly exclusive?: boolean;
  /** Id of the consumer that the current value is read from while custody is absent or still empty; its sink must be able to read values back. Example: `orders-app`. */
  readonly readFrom?: string;
  /** Who issues it. Example: `{account: orders-postgres, postgres: {role: orders, alternate: orders_b}}`. */
  readonly issuer: IssuerSpec;
  /** The sink with the canonical copy, written first. May be left out only where `readFrom` names a consumer. Example: `{account: orders-files, file: {path: custody/orders-db.json, format: json}}`. */
  readonly custody?: CustodySpec;
  /** Every registered holder of a copy. Example: `[{id: orders-app, account: orders-files, keys: [{field: url, name: DATABASE_URL}]}]`. */
  readonly consumers: readonly ConsumerSpec[];
  /** When and how it is rotated. Example: `{every: 90d, overlap: 1h, quarantine: 7d}`. */
  readonly rotation?: RotationPolicy;
  /** Where a person must decide before the rotation goes on. Example: `{mint: Automatic, revoke: Approval}`. */
  readonly gates?: {
    /** The gate before a new credential is minted. Example: `Automatic`. */
    readonly mint?: "Automatic" | "Approval";
    /** The gate before the old credential is revoked. Example: `Approval`. */
    readonly revoke?: "Automatic" | "Approval";
  };
  /** How often Velvet looks whether consumers and vendor still are what the ledger says, and what it does about a difference. Example: `{interval: 1h, mode: Warn}`. */
  readonly drift?: {
    /** How often to look. Example: `1h`. */
    readonly interval?: Duration;
    /** `Warn` says so, `Correct` writes the value again, `Disabled` does not look. Example: `Warn`. */
    readonly mode?: "Warn" | "Correct" | "Disabled";
  };
  /** Whether nothing new may start; a rotation in progress goes on. Example: `false`. */
  readonly suspend?: boolean;
  /** What becomes of the credential when this object is deleted: `Retain` leaves it alive, `Revoke` ends it. Example: `Retain`. */
  readonly deletionPolicy?: "Retain" | "Revoke";
}

/** One old credential. Example: `{vendorId: "orders@3", state: Quarantined, destroyAfter: "2026-11-28T09:30:00Z"}`. */
export interface RetiredStatus {
  /** The vendor's id. Example: `orders@3`. */
  readonly vendorId: string;
  /** What became of it. Example: `Quarantined`. */
  readonly state: "Quarantined" | "Destroyed" | "Restored" | "Live" | "Manual";
  /** When it will be destroyed; until then it can be restored. Example: `2026-11-28T09:30:00Z`. */
  readonly destroyAfter?: string;
  /** When it was last used, where the vendor tells. Example: `2026-11-21T09:30:00Z`. */
  readonly lastUsedAt?: string;
  /** What stands in the way, for a person. Example: `Still used 3 minutes after the last receipt.`. */
  readonly message?: string;
}

/** How one consumer stands. Example: `{id: orders-app, state: Working, fingerprint: "hmac-sha256:k1:9f86d081884c7d65"}`. */
export interface ConsumerStatus {
  /** The consumer's id. Example: `orders-app`. */
  readonly id: string;
  /** How far it is, in CamelCase. Example: `Working`. */
  readonly state: string;
  /** Whether Velvet writes it. Example: `true`. */
  readonly active?: boolean;
  /** Keyed fingerprint of the value that it was given. Example: `hmac-sha256:k1:9f86d081884c7d65`. */
  readonly fingerprint?: string;
  /** What can be seen of what it holds. Example: `value`. */
  readonly grade?: "value" | "version" | "presence" | "none";
  /** Whether it differs from what the ledger says. Example: `false`. */
  readonly drifted?: boolean;
  /** Since when it has stood so. Example: `2026-11-21T09:30:00Z`. */
  readonly since?: string;
  /** When it was last proven to work. Example: `2026-11-21T09:31:00Z`. */
  readonly receiptTime?: string;
  /** How often the present step was tried. Example: `2`. */
  readonly tries?: number;
  /** When the present step is tried again. Example: `2026-11-21T09:32:00Z`. */
  readonly nextTryTime?: string;
  /** Why, in one CamelCase word. Example: `CheckFailed`. */
  readonly reason?: string;
  /** Why, in a sentence for a person. Example: `The endpoint orders-login answered 409.`. */
  readonly message?: string;
}

/** What Velvet observed. Written by the controller alone, and never read back. Example: `{currentId: "orders_b@4"}`. */
export interface CredentialStatus {
  /** The generation of the spec that this status speaks of; -1 until Velvet has seen the object. Example: `3`. */
  readonly observedGeneration?: number;
  /** Last value of the annotation `velvet.raxx.app/requestedAt` that was acted on. Example: `2026-11-21T09:30:00Z`. */
  readonly lastHandledReconcileAt?: string;
  /** How the credential stands: `Ready`, `Rotating`, `Drifted`, `RotationDue`; `Reconciling` and `Stalled` only while true, `DefinitionCurrent` only while false. Example: `[{type: Ready, status: "True", reason: Current, message: "", lastTransitionTime: "2026-11-21T09:30:00Z"}]`. */
  readonly conditions?: readonly Condition[];
  /** The credential's identity in the ledger, which survives a recreation of this object. Example: `0d4e2f6a-8a3b-4b7e-9d55-0f3c8d1a7b21`. */
  readonly uid?: string;
  /** The vendor's id of the credential in use. Example: `orders_b@4`. */
  readonly currentId?: string;
  /** Keyed fingerprint of the value in use. Example: `hmac-sha256:k1:9f86d081884c7d65`. */
  readonly fingerprint?: string;
  /** When the credential in use was issued. Example: `2026-11-21T09:30:00Z`. */
  readonly issuedAt?: string;
  /** The rotation in progress. Example: `{request: 2026-11-rotate-orders-db, stage: Distributing}`. */
  readonly activeRotation?: {
    /** Name of the RotationRequest. Example: `2026-11-rotate-orders-db`. */
    readonly request: string;
    /** The rotation's id in the ledger. Example: `5f0c1a52-7a3e-4d0c-8f1b-1d2e3f405162`. */
    readonly jobID?: string;
    /** Its stage. Example: `Distributing`. */
    readonly stage?: string;
  };
  /** When the next rotation is due; text, not a date, because it lies ahead. Example: `2027-02-19T09:30:00Z`. */
  readonly nextRotationTime?: string;
  /** Consumers that work, of all. Example: `3/4`. */
  readonly consumersReady?: string;
  /** Old credentials with a life of their own. Example: `[{vendorId: "orders@3", state: Quarantined}]`. */
  readonly retired?: readonly RetiredStatus[];
  /** A row for each consumer; custody is the row with the id `custody`. Example: `[{id: orders-app, state: Working}]`. */
  readonly consumers?: readonly ConsumerStatus[];
}

/** What is asked. Immutable but for `suspend`. Example: `{credentialRef: {name: orders-db}, flow: Operational, reason: quarterly rotation, requestedBy: ada}`. */
export interface RotationRequestSpec {
  /** The Credential in the same namespace. Example: `{name: orders-db}`. */
  readonly credentialRef: {
    /** Name of the Credential object. Example: `orders-db`. */
    readonly name: string;
  };
  /** `Operational` rotates without downtime, `Revocation` ends the credential now, `Testing` rehearses with a throwaway one. Example: `Operational`. */
  readonly flow: "Operational" | "Revocation" | "Testing";
  /** What the current credential is expected to be: `Dead` goes straight to mint and distribute after a leak or an expiry, `Absent` issues for the first time. Example: `Alive`. */
  readonly expect?: "Alive" | "Dead" | "Absent";
  /** What a Revocation ends: the current credential, the retired ones, or all. Example: `Current`. */
  readonly target?: "Current" | "Retired" | "All";
  /** Why, for the record. Example: `quarterly rotation`. */
  readonly reason: string;
  /** The ticket that this belongs to. Example: `SEC-1234`. */
  readonly ticket?: string;
  /** Who asks. Example: `ada`. */
  readonly requestedBy: string;
  /** Do not start before this, in quotes. Example: `"2026-11-23T09:00:00Z"`. */
  readonly notBefore?: string;
  /** Past this the request is expired and never executed; 7 days after it appeared when left out. Example: `"2026-11-30T09:00:00Z"`. */
  readonly deadline?: string;
  /** Whether the rotation pauses at its next safe point; the one field that may change. Example: `false`. */
  readonly suspend?: boolean;
}

/** The gate that waits for a person. Example: `{name: Revoke, digest: "sha256:0f3c8d1a7b210d4e2f6a8a3b4b7e9d55"}`. */
export interface GateStatus {
  /** Which gate. Example: `Revoke`. */
  readonly name: "Mint" | "Revoke";
  /** What an approval is bound to. Example: `sha256:0f3c8d1a7b210d4e2f6a8a3b4b7e9d55`. */
  readonly digest: string;
  /** Since when it waits. Example: `2026-11-21T09:30:00Z`. */
  readonly openedAt?: string;
  /** What an approval lets happen. Example: `orders@3 will be revoked. 4 of 4 consumers work with the new credential.`. */
  readonly message?: string;
  /** The command that approves it. Example: `velvet approve 2026-11-rotate-orders-db --gate Revoke`. */
  readonly command?: string;
}

/** One thing that is left. Example: `{kind: OpenSession, message: "2 sessions of the old role go on until they end."}`. */
export interface ResidualStatus {
  /** What sort of thing it is, in CamelCase. Example: `OpenSession`. */
  readonly kind: string;
  /** What is left, for a person. Example: `2 sessions of the old role go on until they end.`. */
  readonly message: string;
  /** What to do about it. Example: `End them with pg_terminate_backend.`. */
  readonly remedy?: string;
}

/** What Velvet observed. Written by the controller alone, and never read back. Example: `{consumersReady: 3/4}`. */
export interface RotationRequestStatus {
  /** The generation of the spec that this status speaks of; -1 until Velvet has seen the object. Example: `3`. */
  readonly observedGeneration?: number;
  /** Last value of the annotation `velvet.raxx.app/requestedAt` that was acted on. Example: `2026-11-21T09:30:00Z`. */
  readonly lastHandledReconcileAt?: string;
  /** The stages: `Verified`, `MintApproved`, `Minted`, `Distributed`, `Validated`, `RevokeApproved`, `Revoked`, in a Revocation `LockedOut`, and `Ready` over all; `Reconciling` and `Stalled` only while true, `DefinitionCurrent` only while false. Example: `[{type: Ready, status: "True", reason: Done, message: "", lastTransitionTime: "2026-11-21T09:30:00Z"}]`. */
  readonly conditions?: readonly Condition[];
  /** The rotation's id in the ledger. Example: `5f0c1a52-7a3e-4d0c-8f1b-1d2e3f405162`. */
  readonly jobID?: string;
  /** How well it is known who asked. Example: `signed`. */
  readonly trust?: "claimed" | "signed" | "host" | "admission";
  /** The gate that waits for a person. Example: `{name: Revoke, digest: "sha256:0f3c8d1a7b210d4e2f6a8a3b4b7e9d55"}`. */
  readonly gate?: GateStatus;
  /** The stages that it entered, the last 40, in their order; one lasts until the next begins. Example: `[{stage: Verifying, enteredAt: "2026-11-21T09:30:00Z"}]`. */
  readonly stages?: readonly ({
    /** The stage in CamelCase. Example: `Verifying`. */
    readonly stage: string;
    /** When it was entered. Example: `2026-11-21T09:30:00Z`. */
    readonly enteredAt: string;
  })[];
  /** When what failed is tried again: the rotation's own step, or the first of its consumers. Example: `2026-11-21T09:32:00Z`. */
  readonly nextTryTime?: string;
  /** How often the rotation's own step has failed. Example: `2`. */
  readonly tries?: number;
  /** Why no controller starts anything: the ledger and what was published of it do not agree. Mostly absent. Example: `[{reason: LedgerRollback, message: The ledger is behind its published checkpoint.}]`. */
  readonly holds?: readonly ({
    /** Why, in one CamelCase word. Example: `LedgerRollback`. */
    readonly reason: "LedgerRollback" | "CheckpointForged" | "CheckpointForeign" | "CheckpointUnreadable";
    /** Why, in a sentence for a person. Example: `The ledger is behind its published checkpoint.`. */
    readonly message: string;
    /** Whose published checkpoint. Example: `velvet-0:/data/checkpoint.json`. */
    readonly place?: string;
    /** When it was found. Example: `2026-11-21T09:30:00Z`. */
    readonly since?: string;
  })[];
  /** Consumers that work with the new credential, of all. Example: `3/4`. */
  readonly consumersReady?: string;
  /** A row for each consumer; custody is the row with the id `custody`. Example: `[{id: orders-app, state: Working}]`. */
  readonly consumers?: readonly ConsumerStatus[];
  /** Ids of the consumers that still have no receipt. Example: `[orders-app]`. */
  readonly pendingConsumers?: readonly string[];
  /** What outlives the rotation: what is still live and where, and what to do about each. Example: `[{kind: OpenSession, message: "2 sessions of the old role go on until they end."}]`. */
  readonly residual?: readonly ResidualStatus[];
  /** The vendor's id of the credential that this rotation replaces. Example: `orders@3`. */
  readonly previousId?: string;
  /** The vendor's id of the credential that this rotation minted. Example: `orders_b@4`. */
  readonly currentId?: string;
  /** Past this it is not started any more. Example: `2026-11-28T09:30:00Z`. */
  readonly deadline?: string;
  /** When the rotation began. Example: `2026-11-21T09:30:00Z`. */
  readonly startedAt?: string;
  /** When the rotation ended. Example: `2026-11-21T09:42:10Z`. */
  readonly completedAt?: string;
}

/** What was decided. Example: `Approve`. */
export type DecisionAction = "Approve" | "Deny" | "Abort" | "RetryConsumers" | "ConfirmConsumer" | "SkipConsumer" | "RetryRevoke" | "MarkRevoked" | "RestoreRetired" | "DestroyRetired" | "ConfirmLeakResolved" | "ProvideValue" | "CorrectDrift" | "AcceptDrift";

/** What was decided. Immutable. Example: `{requestRef: {name: 2026-11-rotate-orders-db}, action: Abort, reason: wrong credential, decidedBy: grace}`. */
export interface RotationDecisionSpec {
  /** The RotationRequest in the same namespace that this is about. Example: `{name: 2026-11-rotate-orders-db}`. */
  readonly requestRef?: {
    /** Name of the RotationRequest. Example: `2026-11-rotate-orders-db`. */
    readonly name: string;
  };
  /** The Credential in the same namespace, for a decision about a retired credential or a drift. Example: `{name: orders-db}`. */
  readonly credentialRef?: {
    /** Name of the Credential object. Example: `orders-db`. */
    readonly name: string;
  };
  /** What was decided. Example: `Approve`. */
  readonly action: DecisionAction;
  /** Which gate, for `Approve` and `Deny`. Example: `Revoke`. */
  readonly gate?: "Mint" | "Revoke";
  /** The open gate's digest, as the request's status shows it. Example: `sha256:0f3c8d1a7b210d4e2f6a8a3b4b7e9d55`. */
  readonly digest?: string;
  /** Id of the consumer. Example: `orders-app`. */
  readonly consumer?: string;
  /** The vendor's id of the credential that is meant. Example: `orders@3`. */
  readonly vendorId?: string;
  /** The ticket that this belongs to. Example: `SEC-1234`. */
  readonly ticket?: string;
  /** The credentialName once more, so that a revoke is never approved by habit. Example: `ORDERS_DB`. */
  readonly confirm?: string;
  /** Why, for the record. Example: `all consumers work with the new role`. */
  readonly reason: string;
  /** Who decided. Example: `grace`. */
  readonly decidedBy: string;
  /** A value sealed to Velvet's public key by `velvet seal`, in base64. Example: `djE6cVhNN2pZb2s=`. */
  readonly sealedValue?: string;
}

/** What became of it. Written by the controller alone, and never read back. Example: `{decidedAt: "2026-11-21T09:30:00Z"}`. */
export interface RotationDecisionStatus {
  /** The generation of the spec that this status speaks of; -1 until Velvet has seen the object. Example: `3`. */
  readonly observedGeneration?: number;
  /** Last value of the annotation `velvet.raxx.app/requestedAt` that was acted on. Example: `2026-11-21T09:30:00Z`. */
  readonly lastHandledReconcileAt?: string;
  /** Whether the decision was accepted: `Ready`; `DefinitionCurrent` only while false. Example: `[{type: Ready, status: "True", reason: Accepted, message: "", lastTransitionTime: "2026-11-21T09:30:00Z"}]`. */
  readonly conditions?: readonly Condition[];
  /** How well it is known who decided. Example: `signed`. */
  readonly trust?: "claimed" | "signed" | "host" | "admission";
  /** When it was accepted or refused. Example: `2026-11-21T09:30:00Z`. */
  readonly decidedAt?: string;
}

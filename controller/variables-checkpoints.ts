/** What is read from the environment about checkpoints beyond their file. */
import { absolutePath, accepted, base64Key, secretText, setting, type Setting, text } from "./settings.ts";
import { parseBranch, parseRemote } from "./sources/git/remote.ts";

export const CHECKPOINT_SETTINGS = {
  checkpointGitUrl: setting({
    variable: "VELVET_CHECKPOINT_GIT_URL",
    meaning:
      "A repository that checkpoints are published to as well, one commit each: https, ssh, file, or user@host:path. It may be that of VELVET_GIT_URL.",
    fallback: "checkpoints are published to the file alone",
    example: "https://git.example.com/platform/checkpoints.git",
    secret: true,
    parse: accepted(parseRemote, secretText),
  }),
  checkpointGitToken: setting({
    variable: "VELVET_CHECKPOINT_GIT_TOKEN",
    meaning: "Write access to VELVET_CHECKPOINT_GIT_URL over https, where the URL does not hold it.",
    fallback: "none",
    example: "…",
    secret: true,
    parse: secretText,
  }),
  checkpointGitBranch: setting({
    variable: "VELVET_CHECKPOINT_GIT_BRANCH",
    meaning: "The branch that checkpoints are appended to; made where it is not there, and never forced.",
    fallback: "velvet-checkpoints",
    example: "velvet-checkpoints",
    parse: accepted(parseBranch, text),
  }),
  checkpointKey: setting({
    variable: "VELVET_CHECKPOINT_KEY",
    meaning: "The private key that signs checkpoints (Ed25519): 32 bytes in base64.",
    fallback: "VELVET_CHECKPOINT_KEY_FILE; without either it follows from the key-encryption key",
    example: "$(openssl rand -base64 32)",
    secret: true,
    parse: base64Key,
  }),
  checkpointKeyFile: setting({
    variable: "VELVET_CHECKPOINT_KEY_FILE",
    meaning: "A file that holds the key that signs checkpoints, in base64.",
    fallback: "VELVET_CHECKPOINT_KEY",
    example: "/run/secrets/velvet-checkpoint-key",
    parse: absolutePath,
  }),
  previousCheckpointKey: setting({
    variable: "VELVET_CHECKPOINT_KEY_PREVIOUS",
    meaning:
      "The key that signed checkpoints until now, for one start with a new one: it signs the checkpoint that names the new key. The one that follows from the key-encryption key need not be given.",
    fallback: "VELVET_CHECKPOINT_KEY_PREVIOUS_FILE",
    example: "…",
    secret: true,
    parse: base64Key,
  }),
  previousCheckpointKeyFile: setting({
    variable: "VELVET_CHECKPOINT_KEY_PREVIOUS_FILE",
    meaning: "A file that holds the key that signed checkpoints until now, in base64.",
    fallback: "VELVET_CHECKPOINT_KEY_PREVIOUS",
    example: "/run/secrets/velvet-checkpoint-key-previous",
    parse: absolutePath,
  }),
} satisfies Record<string, Setting<unknown>>;

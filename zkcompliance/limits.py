"""Every limit on outside input, in one place; each is tested at the limit and one past it."""

from __future__ import annotations

MAX_BUNDLE_BYTES = 16 << 20
MAX_STATEMENT_BYTES = 256 << 10
MAX_PROGRAM_BYTES = 256 << 10  # of one, and of all programs of a bundle
MAX_TEXT_BYTES = 255
MAX_INTEGER_BYTES = 64
MAX_CONTEXT_BYTES = 1024
MAX_POLICY_BUNDLE_BYTES = 100 << 20
MAX_POLICY_PROOFS = 64  # in one policy bundle
MAX_CLOCK_SECONDS = 300  # that a proof or a cosignature may be dated after the judge's own clock
MAX_ROW_AHEAD_SECONDS = 86400  # that a time of a row may lie after the clock of whoever seals, but for deadlines
MAX_NOTE_BYTES = 16 << 10
MAX_LOG_ENTRIES = 1 << 20
MAX_LEDGER_BYTES = 64 << 20  # of one segment's budget, of which a record has 48; what was given back has records too
MAX_SEAL_INPUTS = 10_000  # whose digests a segment keeps
MAX_META_BYTES = 1024 + 65 * MAX_SEAL_INPUTS
MAX_SEGMENTS = 60  # of all logs of one statement
MAX_CLAIMS = 64  # of one statement: as many as a policy has requirements
MAX_PUBLICS = 4096  # of all claims of one statement
MIN_LOG_ROWS_LOG2 = 3
MAX_LOG_ROWS_LOG2 = 21
MAX_CAPACITY_LOG2 = 21
MAX_WIDTH = 1024  # limbs of a schema, act included
MAX_CELLS = 1 << 14
MAX_DIRECT_CELLS = 1 << 12  # A and B of all sums; where there are more, large tables have columns for theirs
MAX_NODES = 4096
MAX_EQUATION_DIGITS = 64
MIN_SECURITY_BITS = 128
# The work of one verification (each bounds a loop of the verifier)
MAX_INSTANCES = 128  # segments and private tables, the cells instance not counted
MAX_EVALUATIONS = 1 << 17  # steps of all constraint programs of all instances at the out-of-domain point
MAX_COLUMNS = 1 << 14  # base-field columns of all rows opened for one query, FRI layers not counted
MAX_EQUATION_TERMS = 2048  # of all equations of all claims
MAX_TALLIES = 1 << 17  # of a table of each size, the one with most of them, all sizes together
# Values of rows, by the type of their column
LARGEST = {"time": 2**48 - 1, "flop": 2**96 - 1, "count": 2**32 - 1, "ppm": 1_000_000, "id": 2**128 - 1, "bool": 1}
# Lineages and states
MAX_LINEAGE_STEPS = 1 << 16  # of one file: a generation each
MAX_LINEAGE_ENTRIES = 1 << 20  # of one generation, as many as a log may have
MAX_LINEAGE_KEY_BYTES = 2048
MAX_STATE_BYTES = 4 << 20  # of what a verifier remembers
# Policies
MAX_POLICY_BYTES = 64 << 10
MAX_CLAIM_FILE_BYTES = 1 << 20  # of a claim in a file of one's own
MAX_CARD_BYTES = 256 << 10
MAX_CARD_TEXT_BYTES = 4000  # one text of a card, but for sentences
MAX_CARD_SENTENCE_BYTES = 32 << 10  # of the texts of one sentence
MAX_CARD_PARTS = 1024  # of one list in a card
MAX_CARD_NAME_BYTES = 100  # of a log or a parameter
MAX_CARD_DIGITS = 2600  # of an integer: the widest, a set of 64 values below 2^128, has 2486
MAX_CARD_POWER = 64  # of a unit
MAX_POLICY_DEPTH = 6  # nested brackets and braces
MAX_POLICY_DOTS = 12  # of one line, outside texts and comments
MAX_POLICY_TEXT_BYTES = 1000
MAX_POLICY_LOGS = 16
MAX_POLICY_REQUIREMENTS = 64  # with those that logs imply: as many as a policy bundle has proofs
MAX_POLICY_OPERATORS = 32
MAX_POLICY_KEYS = 16  # of one log or one operator
MAX_POLICY_KEY_BYTES = 2048  # of one key's text; an ML-DSA-44 key has 1752 in base64
MAX_POLICY_CERTIFICATE_BYTES = 4096  # of one's base64
MAX_POLICY_SOURCES = 32  # legal texts
MAX_POLICY_CHOICES = 64  # values of one `one_of`
MAX_POLICY_REVOKED = 1024  # certificates of devices
MAX_POLICY_AGE = 3653 * 86400  # seconds: ten years
MAX_JOINT_LABS = 16  # under one joint cap
MAX_JOINT_NOTES = 120  # note logs between them: one for each two
MAX_ATTESTATION_BYTES = 1 << 20
MAX_ARCHIVE_BYTES = 512 << 20  # of a case: proof, roll-up files and all
MAX_ARCHIVE_FILES = 256
# What others signed
MAX_ATTACHMENTS = 255  # of one proof file
MAX_ATTACHMENT_BYTES = 64 << 10  # of one
MAX_ATTACHMENTS_BYTES = 4 << 20  # of all
MAX_BEACON_ROUNDS = 255  # checked at once: as many as a file can bring
MAX_BEACON_FILE_BYTES = 4096
MAX_TIMESTAMP_BYTES = 32 << 10
MAX_EVIDENCE_BYTES = 64 << 20  # of one piece behind rows
MAX_EVIDENCE_JSON_BYTES = 4 << 20  # of one document in it
MAX_DEVICES = 256  # of one file, or of one answer to a nonce
MAX_EVIDENCE_PIECES = 1 << 16  # that a log keeps behind its rows
# Requests and openings
MAX_REQUEST_BYTES = 16 << 10
MAX_OPENED_ROWS = 1000  # of one request, and of one file
MAX_OPENINGS_BYTES = 100 << 20  # of a file: the proof, the texts of ids, the evidence
MAX_OPENED_TEXTS = 1 << 16
MAX_OPENED_PIECES = 4096  # of evidence
MAX_OPENED_TEXT_BYTES = 1 << 20  # one text of an id
MAX_DRAWS = 1 << 20  # numbers that a draw may look at before it has as many as it needs
MAX_REQUESTS = 1024  # that a state remembers
# Importers
MAX_ROW_BYTES = 1 << 20  # one row of CSV, with the line ends in its texts, or one line of JSON
MAX_TEXTS_BYTES = 256 << 20  # the texts of ids that a log keeps
MAX_READ_AHEAD_BYTES = 2 << 30  # what one part of a file says of its records and texts, as it is kept for a seal
MAX_SEAL_RECORDS = 1 << 22  # identified ones that one seal takes: attempts of jobs, steps of runs, samples
MAX_IMPORT_LINE_BYTES = 16 << 20  # one line of a log of samples
MAX_IMPORT_VALUE_BYTES = 16 << 20  # one JSON value that is read whole; longer ones can only be skipped
MAX_IMPORT_RECORD_BYTES = 64 << 20  # one record of an event file or a run file
MAX_IMPORT_CELL_BYTES = 1 << 20  # one line of a job table
MAX_IMPORT_DEPTH = 128  # nested JSON arrays and objects
MAX_IMPORT_NUMBER = 400  # decimal exponent of a JSON number
MAX_IMPORT_IDENTITIES = 1 << 21  # rows of one file that are held against duplicates
MAX_ARCHIVE_DIRECTORY_BYTES = 16 << 20
MAX_ARCHIVE_MEMBER_BYTES = 4 << 30
MAX_ARCHIVE_RATIO = 1000  # inflated bytes per stored byte, above 1 MB
MAX_ARROW_GROUP_BYTES = 1 << 28  # one row group or record batch, inflated
MAX_ARROW_READ_BYTES = 1 << 28  # of what a file says has to be read at once
MAX_ARROW_TEXT_BYTES = 1 << 20
# Witnesses
MAX_WITNESS_REQUEST_BYTES = MAX_NOTE_BYTES + 3072  # a note, 63 hashes in base64, the old size
MAX_WITNESS_ANSWER_BYTES = MAX_NOTE_BYTES
MAX_WITNESSES = 64  # asked at once
MAX_STREAK_FILES = 600  # proof files that are held together: fifty years of months

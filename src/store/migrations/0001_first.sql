-- Times are unix seconds. Booleans are 0 or 1. `handle` is a diaspora* ID.

create table pod (
    id integer primary key check (id = 1),
    url text not null,                    -- base address without a slash at the end; fixed once there is an account
    created_at integer not null,
    secret blob not null,                 -- 32 random bytes; session, form and proxy keys are derived from it
    identity blob not null,               -- 32-byte seed of the pod's Ed25519 key
    allow_only integer not null default 0, -- 1: only pods that `limits` allows are let in
    take_requests integer not null default 0, -- 1: one can ask for an account
    forgotten integer not null default 0, -- posts that retention forgot, ever
    spare_key blob,                       -- PKCS#8 RSA key made ahead for the next account
    spare_public_key blob,                -- its SPKI DER
    alarm_url text,                       -- where the podmin's telephone is rung: a line of text is posted there; null: nowhere
    alarm_due integer,                    -- when it is rung next; null: nothing is new
    alarm_tries integer not null default 0, -- how often that was tried in vain
    alarm_at integer,                     -- when it was rung the last time, or tried
    alarm_error text not null default '', -- why that did not work; empty: it did
    sends_mail integer not null default 0, -- 1: the settings name a server for mails; without one no mail waits
    vault text                            -- public half of the recovery key of the vault (age1…); null: none was made
) strict;

create table every_person (
    id integer primary key,
    handle text not null unique,
    guid text not null unique,
    host text,                            -- authority of the pod; null: lives here
    url text not null,                    -- base address of the pod, from seed_location
    key blob,                             -- SPKI DER; null while an account's key is being made
    name text not null,                   -- what to call them: full name, else the user part of the handle
    first_name text not null default '',
    last_name text not null default '',
    image_large text,                     -- 300 px; absolute addresses
    image_medium text,                    -- 100 px
    image_small text,                     -- 50 px
    bio text not null default '',         -- Markdown
    birthday text,                        -- YYYY-MM-DD; year up to 1004: not told
    gender text not null default '',
    location text not null default '',
    tags text not null default '',        -- '#one #two', at most five
    searchable integer not null default 1,
    public_details integer not null default 0,
    nsfw integer not null default 0,
    edited_at integer,                    -- when they changed their profile, as their pod says; null: it did not say
    closed_at integer,
    moved_to integer references every_person (id),
    veiled integer not null default 0,    -- 1: the podmin holds the profile; only the ID is shown
    found_at integer not null
) strict;
create index people_host on every_person (host) where host is not null;
create index people_tags on every_person (tags) where tags <> '';

-- Pages the podmin wrote.
create table pages (
    name text primary key,                -- about, terms, imprint, contact
    text text not null,                   -- Markdown
    edited_at integer not null
) strict, without rowid;

create table users (
    id integer primary key,
    person integer not null unique references every_person (id),
    name text not null unique,            -- signs in with it; the user part of the handle
    password text not null,               -- Argon2id, PHC string
    key blob,                             -- PKCS#8 RSA; null while it is being made
    podmin integer not null default 0,
    language text,                        -- tag of the language of the pages; null: what the browser asks for
    theme text not null default 'auto',   -- auto, light, dark, contrast
    audience text not null default 'all', -- what the composer begins with: public, all, some (the usual aspects)
    email text,                           -- where mails go; confirmed, when the pod can send any
    new_email text,                       -- is to be confirmed
    new_email_code text,                  -- with the link that carries this
    new_email_until integer,
    reset_code text,                      -- who opens the link that carries it may choose a new password
    reset_until integer,
    digest_due integer,                   -- when the next daily mail is; null: none is wanted
    follow_back integer references aspects (id) on delete set null, -- for whoever begins to share
    created_at integer not null,
    seen_at integer,                      -- when they were last here, to the day
    ended integer not null default 0,     -- how often all sessions, or all but one, were ended; browsers are known anew since
    locked_at integer,                    -- since then nobody can sign in; the account lives on in the network
    closed_at integer
) strict;

create table sessions (
    token blob primary key,               -- SHA-256 of the cookie
    user integer not null references users (id) on delete cascade,
    browser text not null,                -- what it calls itself, up to 60 characters
    created_at integer not null,
    seen_at integer not null              -- written at most once a day
) strict, without rowid;
create index sessions_user on sessions (user);

-- A code of an app at sign-in, besides the password.
create table second_steps (
    user integer primary key references users (id) on delete cascade,
    secret blob not null,                 -- 20 random bytes, shared with the app
    confirmed integer not null default 0, -- 1: asked for at sign-in
    used integer not null default 0       -- the last step of 30 seconds whose code was used; none up to it is taken again
) strict;

-- Codes for when the app is lost; each goes when it is used.
create table backup_codes (
    user integer not null references users (id) on delete cascade,
    hash blob not null,                   -- SHA-256
    primary key (user, hash)
) strict, without rowid;

-- Links by which the podmin lets people move in.
create table invites (
    code text primary key,                -- 32 random hex digits
    inviter integer not null references users (id) on delete cascade,
    uses integer not null,                -- how many people it still lets in
    until integer not null
) strict, without rowid;

-- Who asked for an account.
create table requests (
    id integer primary key,
    name text not null,                   -- what they would like to be called
    email text not null,
    why text not null,
    at integer not null,
    code text                             -- of the invitation they were given; null: they wait
) strict;

create table aspects (
    id integer primary key,
    user integer not null references users (id) on delete cascade,
    name text not null collate nocase,    -- up to 20 characters
    position integer not null,
    usual integer not null default 0,     -- 1: the composer begins with it, when users.audience is 'some'
    unique (user, name)
) strict;

-- Whom a user shares with.
create table aspect_members (
    aspect integer not null references aspects (id) on delete cascade,
    person integer not null references every_person (id),
    added_at integer not null,
    primary key (aspect, person)
) strict, without rowid;
create index aspect_members_person on aspect_members (person);

-- Who shares with a user.
create table sharers (
    user integer not null references users (id) on delete cascade,
    person integer not null references every_person (id),
    since integer not null,
    primary key (user, person)
) strict, without rowid;
create index sharers_person on sharers (person);

-- Whom a user ignores.
create table blocks (
    user integer not null references users (id) on delete cascade,
    person integer not null references every_person (id),
    since integer not null,
    primary key (user, person)
) strict, without rowid;
create index blocks_person on blocks (person);

create table every_post (
    id integer primary key autoincrement, -- never used again: see outgoing
    guid text not null unique,
    author integer not null references every_person (id),
    public integer not null,
    reshare integer not null default 0,   -- 1: has no text of its own
    root integer references every_post (id) on delete set null, -- of a reshare; null: the original is gone
    text text not null default '',        -- Markdown, as it came
    created_at integer not null,          -- the author's clock
    received_at integer not null,
    edited_at integer,
    provider text,                        -- name of the app it was written with
    place text,                           -- JSON {address, lat, lng}
    embed text,                           -- JSON {url, title, description, image, nothing}
    held integer not null default 0       -- 1: the podmin holds it; see the views
) strict;
create index posts_time on every_post (created_at);
create index posts_author on every_post (author, created_at);
create index posts_root on every_post (root) where root is not null;

-- The words of posts, for searching: of many posts at a time, since it changes as many pages for one as for dozens.
create table post_words_done (
    upto integer not null                 -- the words of posts up to this row are there; of the others when one searches
) strict;
insert into post_words_done (upto) values (0);
create view last_post (id) as select coalesce(max(id), 0) from every_post;
create view post_words_text (id, text) as
    select id, text from every_post where id <= (select upto from post_words_done);
create virtual table post_words using fts5(text, content = 'post_words_text', content_rowid = 'id', columnsize = 0, tokenize = "unicode61 remove_diacritics 2");
insert into post_words (post_words, rank) values ('secure-delete', 1);
create trigger post_words_add after update of upto on post_words_done begin
    insert into post_words (rowid, text)
        select id, text from every_post where id > old.upto and id <= new.upto and text <> '';
end;
create trigger post_words_many after insert on every_post when new.id >= (select upto + 64 from post_words_done) begin
    update post_words_done set upto = new.id;
end;
create trigger post_words_remove after delete on every_post begin
    insert into post_words (post_words, rowid, text)
        select 'delete', old.id, old.text from post_words_done where old.id <= upto and old.text <> '';
end;

-- Who may see a limited post besides its author; for ours also who gets it.
create table audience (
    post integer not null references every_post (id) on delete cascade,
    person integer not null references every_person (id),
    primary key (post, person)
) strict, without rowid;
create index audience_person on audience (person);

create table post_tags (
    tag text not null,                    -- lower case, without #
    post integer not null references every_post (id) on delete cascade,
    primary key (tag, post)
) strict, without rowid;
create index post_tags_post on post_tags (post);

-- Tags whose posts a user wants to see.
create table followed_tags (
    user integer not null references users (id) on delete cascade,
    tag text not null,                    -- lower case, without #
    primary key (user, tag)
) strict, without rowid;

-- Posts a user does not want to hear of.
create table muted (
    user integer not null references users (id) on delete cascade,
    post integer not null references every_post (id) on delete cascade,
    hidden integer not null,              -- 1: nor to see, but on the page of its author
    primary key (user, post)
) strict, without rowid;
create index muted_post on muted (post);

-- People named in a post with @{…}.
create table mentions (
    post integer not null references every_post (id) on delete cascade,
    person integer not null references every_person (id),
    primary key (post, person)
) strict, without rowid;
create index mentions_person on mentions (person);

create table every_photo (
    id integer primary key,
    guid text not null unique,
    author integer not null references every_person (id),
    post integer references every_post (id) on delete cascade, -- null: alone
    public integer not null,
    path text not null,                   -- address of the folder, ends in a slash
    name text not null,                   -- file name; thumb_small_, thumb_medium_, thumb_large_, scaled_full_ go before it
    text text not null default '',        -- what it shows, for those who cannot see it
    width integer,                        -- pixels
    height integer,                       -- pixels
    held integer not null default 0,
    here integer not null default 0,      -- 1: the picture lies in this pod's folder; without a post it is about to be posted
    created_at integer not null
) strict;
create index photos_name on every_photo (name);
create index photos_post on every_photo (post) where post is not null;
create index photos_author on every_photo (author, created_at);
create index photos_alone on every_photo (created_at) where post is null;

-- Names of pictures in the folder that nobody needs any more, until they are removed.
create table litter (
    name text primary key
) strict, without rowid;
create trigger photos_litter after delete on every_photo when old.here begin
    insert or ignore into litter values (old.name);
end;
create trigger faces_litter after update of image_large on every_person
when old.host is null and old.image_large is not new.image_large and instr(old.image_large, old.url || '/uploads/images/thumb_large_') = 1 begin
    insert or ignore into litter values (substr(old.image_large, instr(old.image_large, '/thumb_large_') + 13));
end;

create table every_comment (
    id integer primary key autoincrement, -- never used again: see outgoing
    guid text not null unique,
    post integer not null references every_post (id) on delete cascade,
    author integer not null references every_person (id),
    text text not null,                   -- Markdown, as it came
    created_at integer not null,
    received_at integer not null,
    edited_at integer,
    held integer not null default 0,
    relay text                            -- JSON {elements, signature}: as its author wrote and signed it, for passing on
) strict;
create index comments_post on every_comment (post, created_at);
create index comments_author on every_comment (author, post);

create table every_like (
    id integer primary key autoincrement, -- never used again: see outgoing
    guid text not null unique,
    author integer not null references every_person (id),
    post integer not null references every_post (id) on delete cascade, -- the root, also for a like on a comment
    comment integer references every_comment (id) on delete cascade,
    positive integer not null default 1,
    received_at integer not null,
    relay text
) strict;
create unique index likes_post on every_like (post, author) where comment is null;
create unique index likes_comment on every_like (comment, author) where comment is not null;
create index likes_of_post on every_like (post);
create index likes_author on every_like (author);

create table polls (
    id integer primary key,
    guid text not null unique,
    post integer not null unique references every_post (id) on delete cascade,
    question text not null
) strict;

create table poll_answers (
    id integer primary key,
    guid text not null unique,
    poll integer not null references polls (id) on delete cascade,
    answer text not null
) strict;
create index poll_answers_poll on poll_answers (poll);

create table votes (
    id integer primary key autoincrement, -- never used again: see outgoing
    guid text not null unique,
    poll integer not null references polls (id) on delete cascade,
    answer integer not null references poll_answers (id) on delete cascade,
    author integer not null references every_person (id),
    received_at integer not null,
    relay text,
    unique (poll, author)
) strict;
create index votes_answer on votes (answer);
create index votes_author on votes (author);

create table events (
    id integer primary key,
    guid text not null unique,
    author integer not null references every_person (id),
    post integer unique references every_post (id) on delete cascade, -- null: alone
    public integer not null,
    summary text not null,
    starts_at integer not null,
    ends_at integer,
    all_day integer not null default 0,
    timezone text,                        -- Area/Location
    description text not null default '',
    place text,                           -- JSON {address, lat, lng}
    received_at integer not null
) strict;
create index events_author on events (author);
create index events_alone on events (received_at) where post is null;

create table event_answers (
    id integer primary key autoincrement, -- never used again: see outgoing
    guid text not null unique,
    event integer not null references events (id) on delete cascade,
    author integer not null references every_person (id),
    status text not null,                 -- accepted, declined, tentative
    received_at integer not null,
    edited_at integer,
    relay text,
    unique (event, author)
) strict;
create index event_answers_author on event_answers (author);

-- Who asked to be told what happens on a post.
create table participations (
    guid text not null,
    person integer not null references every_person (id),
    post integer not null references every_post (id) on delete cascade,
    primary key (post, person)
) strict, without rowid;
create index participations_guid on participations (guid);
create index participations_person on participations (person);

create table every_conversation (
    id integer primary key autoincrement, -- never used again: see outgoing
    guid text not null unique,
    author integer not null references every_person (id),
    subject text not null,
    created_at integer not null,
    updated_at integer not null           -- when the newest message came
) strict;
create index conversations_author on every_conversation (author);

create table conversation_people (
    conversation integer not null references every_conversation (id) on delete cascade,
    person integer not null references every_person (id),
    unread integer not null default 0,    -- messages, of a person who lives here
    hidden integer not null default 0,    -- by that person, until the next message
    primary key (conversation, person)
) strict, without rowid;
create index conversation_people_person on conversation_people (person);

create table every_message (
    id integer primary key autoincrement, -- never used again: see outgoing
    guid text not null unique,
    conversation integer not null references every_conversation (id) on delete cascade,
    author integer not null references every_person (id),
    text text not null,
    created_at integer not null,
    edited_at integer
) strict;
create index messages_conversation on every_message (conversation, created_at);
create index messages_author on every_message (author);

-- A person moved: old to new, as both keys said.
create table migrations (
    old integer primary key references every_person (id),
    new integer not null references every_person (id),
    photos text,                          -- where the old photos are now
    signature text not null,              -- by the new key, for telling others; standard base64
    received_at integer not null
) strict;
create index migrations_new on migrations (new);
create index people_moved on every_person (moved_to) where moved_to is not null;

create table every_notice (
    id integer primary key,
    user integer not null references users (id) on delete cascade,
    kind text not null,                   -- notices::Kind
    post integer references every_post (id) on delete cascade,
    comment integer references every_comment (id) on delete cascade,
    "case" integer references cases (id) on delete cascade,
    unread integer not null default 1,
    updated_at integer not null
) strict;
create index notices_user on every_notice (user, updated_at);
create index notices_unread on every_notice (user, kind, post, comment) where unread = 1;
create index notices_post on every_notice (post);
create index notices_comment on every_notice (comment) where comment is not null;
create index notices_case on every_notice ("case") where "case" is not null;

-- Who did it; several may share one unread notice.
create table notice_people (
    notice integer not null references every_notice (id) on delete cascade,
    person integer not null references every_person (id),
    at integer not null,
    primary key (notice, person)
) strict, without rowid;
create index notice_people_person on notice_people (person);

-- Archives of other accounts that users bring in: how far each came.
create table imports (
    id integer primary key,
    user integer not null references users (id) on delete cascade,
    old text,                             -- diaspora* ID in the archive; null: not read yet
    profile integer not null,             -- 1: its profile is wanted
    settings integer not null,            -- 1: its settings are wanted
    step text not null,                   -- model::Step
    at integer not null default 0,        -- things of this step that are through
    through integer not null default 0,   -- things of all steps that are through
    total integer not null default 0,     -- things of all steps
    left_out integer not null default 0,  -- things that could not be brought in
    refusal text,                         -- why nothing was: model::Refusal
    envelope text,                        -- the AccountMigration, signed with the old key; it goes out
    begun_at integer not null,
    ended_at integer
) strict;
create unique index imports_user on imports (user, old) where old is not null;
create index imports_old on imports (old) where old is not null;

-- Messages as they came, before anything is believed.
create table inbox (
    id integer primary key,
    user integer references users (id) on delete cascade, -- whose private door; null: the public one
    received_at integer not null,
    due integer not null,
    attempts integer not null default 0,
    need text,                            -- what it waits for; see needs
    bytes integer not null check (bytes = length(body)), -- not generated: those are never read from an index alone
    body blob not null                    -- last: what stands behind it is found only by going through it
) strict;
create index inbox_due on inbox (due, bytes); -- counts rows and bytes without reading the bodies
create index inbox_need on inbox (need) where need is not null;

-- What must be fetched from other pods.
create table needs (
    need text primary key,                -- 'person ID', 'post GUID ID', 'posts ID' (the last public posts of a person)
    created_at integer not null,
    due integer not null,
    attempts integer not null default 0,
    mentioned integer not null default 0  -- 1: a message only mentions it, nothing waits for it
) strict, without rowid;
create index needs_due on needs (due);
create index needs_mentioned on needs (mentioned, created_at);

-- What goes out: a reference, written as a message when it is sent.
create table outgoing (
    id integer primary key autoincrement, -- never used again: signed messages are kept by it
    sender integer not null references users (id),
    what text not null,                   -- JSON of model::Outgoing; what it tells of may be gone when it is sent
    created_at integer not null
) strict;
create index outgoing_sender on outgoing (sender);

-- To whom: one row a pod (public) or a person (limited).
create table outbox (
    id integer primary key,
    outgoing integer not null references outgoing (id) on delete cascade,
    host text not null,
    person integer references every_person (id), -- null: the pod's public door
    due integer not null,
    attempts integer not null default 0
) strict;
create index outbox_host on outbox (host, due);
create index outbox_outgoing on outbox (outgoing);
create index outbox_person on outbox (person) where person is not null;

-- What links in posts lead to.
create table links (
    url text primary key,
    title text,                           -- null: there is nothing to show
    description text,
    image text,                           -- address
    fetched_at integer not null
) strict, without rowid;
create index links_fetched on links (fetched_at);

-- Other pods: what they run, and whether they can be sent to.
create table pods (
    host text primary key,
    url text not null,                    -- base address
    software text,                        -- as their NodeInfo tells
    version text,
    asked_at integer,                     -- when they were last asked for it
    seen_at integer,                      -- when they last sent or took something, to the hour
    failing_since integer,                -- null: the last delivery went well
    attempts integer not null default 0,  -- since then
    due integer not null default 0,       -- nothing is sent before
    error text,
    slow_at integer not null default 0,   -- when a look-up there last took long
    mentions integer not null default 0,  -- things that its messages mention and that were to be fetched since then:
    mentions_since integer not null default 0
) strict, without rowid;

-- What users want mails about.
create table mail_kinds (
    user integer not null references users (id) on delete cascade,
    kind text not null,                   -- notices.kind, or message
    primary key (user, kind)
) strict, without rowid;

-- Mails that go out: what they are about, written when they are sent.
create table mails (
    id integer primary key,
    user integer not null references users (id) on delete cascade,
    kind text not null,                   -- notice, message, digest, address, password, invitation, heard, answer, receipt
    notice integer references every_notice (id) on delete cascade,
    person integer references every_person (id), -- who did what the notice tells
    message integer references every_message (id) on delete cascade,
    request integer references requests (id) on delete cascade, -- who is invited
    report integer references reports (id) on delete cascade, -- who is told that it was heard, or what was decided
    "case" integer references cases (id) on delete cascade, -- whose receipt it is
    address text,                         -- where the receipt goes
    made_at integer not null,
    due integer not null,
    attempts integer not null default 0
) strict;
create index mails_due on mails (due);
create index mails_notice on mails (notice) where notice is not null;
create index mails_message on mails (message) where message is not null;
create index mails_request on mails (request) where request is not null;
create index mails_report on mails (report) where report is not null;
create index mails_case on mails ("case") where "case" is not null;

-- The log of steps (RFC 6962): what the podmin did, without names. Rows are only added.
create table steps (
    seq integer primary key,              -- place of the leaf, from 0
    "case" integer not null,
    leaf text,                            -- JSON (RFC 8785); null: dropped
    hash blob not null                    -- SHA-256 of 0 and the text; never changed
) strict;
create index steps_case on steps ("case");

-- What is kept of the tree over them.
create table steps_tree (
    id integer primary key check (id = 1),
    size integer not null,                -- leaves
    peaks blob not null                   -- hashes of the full subtrees, the largest first
) strict;

-- What law says must be kept of what was removed: files in `vault/` that this pod cannot read.
create table kept (
    name text primary key,                -- of the file
    "case" integer not null,
    body blob,                            -- encrypted, still to become a file
    source text,                          -- name of a picture, still to be encrypted
    bytes integer not null default 0,     -- of the file
    kept_at integer not null,
    until integer not null                -- destroyed then
) strict, without rowid;
create index kept_until on kept (until);
create index kept_source on kept (source) where source is not null;

-- Public posts, held or removed here, whose copies on other pods the podmin may look for.
create table censuses (
    guid text primary key,                -- of the post
    "case" integer not null,
    ground text not null,
    made_at integer not null,
    begun_at integer,                     -- when the podmin began to ask; null: nobody was asked
    closed_at integer                     -- when the last pod was clean
) strict, without rowid;
create index censuses_made on censuses (made_at);

create table census_pods (
    guid text not null references censuses (guid) on delete cascade,
    host text not null,
    trace text not null default 'waiting', -- waiting, holds, origin, clean, unknown
    since integer,                        -- when it was first found so
    asked integer not null default 0,     -- how often
    asked_at integer,                     -- the last time
    answer text not null default '',      -- status, or why there was none
    due integer,                          -- when it is asked; null: not by itself
    told_at integer,                      -- when the podmin wrote to its podmin
    told text,                            -- and what
    primary key (guid, host)
) strict, without rowid;
create index census_due on census_pods (due) where due is not null;
create index census_host on census_pods (host);

-- Pods that were visited in any census, so that no pod is visited too often.
create table census_hosts (
    host text primary key,
    visited_at integer not null,
    contact text                          -- diaspora* ID of its podmin, as the pod says
) strict, without rowid;

-- What the pod attests it did in a case.
create table receipts (
    "case" integer primary key,
    made_at integer not null,
    text text not null                    -- JSON, signed
) strict;

-- What the podmin decides. Everything that shows anything reads the views below, never the tables they are made of:
-- what is held is on no surface because no surface can ask for it.

-- What people may not do here, or not be seen doing.
create table curbs (
    person integer not null references every_person (id),
    how text not null,                    -- hidden, profile, silenced, no_pictures, no_previews
    by text not null,                     -- 'case 12' or 'limit example.org': who lifts it
    primary key (person, how, by)
) strict, without rowid;
create index curbs_by on curbs (by);

-- Accounts and pods elsewhere that are limited until the podmin lifts it.
create table limits (
    subject text primary key,             -- diaspora* ID, or authority of a pod
    severity text not null,               -- suspend, silence, noop, allow
    no_pictures integer not null default 0,
    no_previews integer not null default 0,
    public_comment text not null default '',
    private_comment text not null default '',
    origin text not null,                 -- podmin, or the name of the list it came from
    since integer not null
) strict, without rowid;

-- Contacts that a suspension ended, so that lifting it can begin them again.
create table severed (
    subject text not null references limits (subject) on delete cascade,
    user integer not null references users (id) on delete cascade,
    person integer not null references every_person (id),
    aspect integer references aspects (id) on delete cascade, -- null: they shared with the user
    primary key (subject, user, person, aspect)
) strict;

-- What was removed for good: HMAC-SHA-256 of kind and name under a key of this pod. It tells nobody what it was.
create table tombstones (
    mac blob primary key,
    "case" integer,                       -- by whose decision; when that is taken back, all of them go; null: who may took it back
    at integer not null
) strict, without rowid;
create index tombstones_case on tombstones ("case");

create table cases (
    id integer primary key,
    kind text not null,                   -- post, comment, photo, profile, account, pod
    subject text not null,                -- GUID, diaspora* ID or authority; cleared when the case is closed after a removal
    person integer references every_person (id), -- whose it is; null: a pod
    state text not null,                  -- open, held, removed, restored, limited, closed
    origin text not null,                 -- report, notice, order, picture, podmin
    ground text not null,                 -- key of templates/grounds.toml
    reports integer not null default 0,   -- how many people spoke up
    opened_at integer not null,
    due integer,                          -- when it must be answered
    hold_at integer,                      -- held by itself then, unless answered
    held_at integer,
    decided_at integer,
    purged_at integer,                    -- when the last of it was gone
    closed_at integer,
    appealed_at integer,
    appeal text,                          -- what the author objects
    alarm_at integer                      -- when the podmins are told again, if it waits then
) strict;
create unique index cases_open on cases (kind, subject) where closed_at is null and subject <> '';
create index cases_due on cases (due) where closed_at is null;
create index cases_alarm on cases (alarm_at) where alarm_at is not null and closed_at is null;
create index cases_hold on cases (hold_at) where hold_at is not null;
create index cases_person on cases (person);
create index cases_opened on cases (opened_at);

-- What happened in a case, for the podmin's eyes; the ledger has the same without names.
create table case_steps (
    id integer primary key,
    "case" integer not null references cases (id) on delete cascade,
    at integer not null,
    who text not null,                    -- a user's name, 'pod', or 'author', 'reporter', 'authority'
    what text not null,                   -- open, report, hold, restore, remove, gone, readmit, limit, appeal, note, sent, close …
    why text not null default ''
) strict;
create index case_steps_case on case_steps ("case");
create index case_steps_what on case_steps (what, at);

-- How the thing of an open case is known again, and where it was seen before: for the look at all surfaces after its
-- removal. Gone with it.
create table case_marks (
    "case" integer primary key references cases (id) on delete cascade,
    marks text not null                   -- JSON of web::surfaces::Remembered
) strict;

-- Who spoke up, and what they said.
create table reports (
    id integer primary key,
    "case" integer not null references cases (id) on delete cascade,
    user integer references users (id) on delete cascade, -- null: by the form for everybody
    name text not null default '',
    email text not null default '',
    language text not null default '',    -- tag of the language of the form; answers are in it
    text text not null,
    at integer not null
) strict;
create index reports_email on reports (email, at) where email <> '';
create index reports_case on reports ("case");
create unique index reports_user on reports ("case", user) where user is not null;

-- Hashes of pictures that are not shown here.
create table bank_lists (
    id integer primary key,
    source text not null,                 -- name of the file it came from, or 'podmin'
    ground text not null,                 -- why: key of a ground
    kind text not null,                   -- sha256, pdq
    added_at integer not null,
    unique (source, ground, kind)
) strict;
create table bank_pages (
    id integer primary key,
    list integer not null references bank_lists (id) on delete cascade,
    hashes blob not null                  -- 32 bytes each, at most 126: what fits a page of the file
) strict;
create index bank_pages_list on bank_pages (list);

-- What the pictures in the folder are known by.
create table picture_hashes (
    name text not null,                   -- without a size
    form text not null,                   -- brought: the file that came; shown: the one that was made of it
    sha256 blob not null,
    pdq blob,                             -- null: of a kind that is not read
    quality integer,                      -- how much there is to see, 0 to 100
    primary key (name, form)
) strict, without rowid;

-- The same of pictures of other pods that were shown lately.
create table proxied_hashes (
    id integer primary key,
    address blob not null unique,         -- SHA-256 of the address
    sha256 blob not null,
    pdq blob,
    quality integer
) strict;

create view people as select p.id, p.handle, p.guid, p.host, p.url, p.key,
    iif(p.veiled, p.handle, p.name) as name, iif(p.veiled, '', p.first_name) as first_name,
    iif(p.veiled, '', p.last_name) as last_name,
    iif(p.veiled or exists (select 1 from curbs x where x.person = p.id and x.how = 'no_pictures'), null, p.image_large) as image_large,
    iif(p.veiled or exists (select 1 from curbs x where x.person = p.id and x.how = 'no_pictures'), null, p.image_medium) as image_medium,
    iif(p.veiled or exists (select 1 from curbs x where x.person = p.id and x.how = 'no_pictures'), null, p.image_small) as image_small,
    iif(p.veiled, '', p.bio) as bio, iif(p.veiled, null, p.birthday) as birthday, iif(p.veiled, '', p.gender) as gender,
    iif(p.veiled, '', p.location) as location, iif(p.veiled, '', p.tags) as tags, p.searchable, p.public_details, p.nsfw,
    p.edited_at, p.closed_at, p.moved_to, p.found_at
    from every_person p;

create view posts as select p.* from every_post p where not p.held
    and not exists (select 1 from curbs x where x.person = p.author and x.how = 'hidden');

create view photos as select h.* from every_photo h where not h.held
    and not exists (select 1 from curbs x where x.person = h.author and x.how in ('hidden', 'no_pictures'))
    and (h.post is null or exists (select 1 from posts p where p.id = h.post));

create view comments as select c.* from every_comment c where not c.held
    and not exists (select 1 from curbs x where x.person = c.author and x.how = 'hidden')
    and exists (select 1 from posts p where p.id = c.post);

create view likes as select l.* from every_like l
    where not exists (select 1 from curbs x where x.person = l.author and x.how = 'hidden');

create view messages as select m.* from every_message m
    where not exists (select 1 from curbs x where x.person = m.author and x.how = 'hidden');

create view conversations as select c.* from every_conversation c
    where not exists (select 1 from curbs x where x.person = c.author and x.how = 'hidden');

create view notices as select n.* from every_notice n
    where (n.post is null or exists (select 1 from posts p where p.id = n.post))
    and (n.comment is null or exists (select 1 from comments c where c.id = n.comment))
    and exists (select 1 from notice_people w where w.notice = n.id
        and not exists (select 1 from curbs x where x.person = w.person and x.how = 'hidden'));

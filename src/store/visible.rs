//! The one rule of who sees what, as SQL.

/// True for a post `p` that the person `:me` may see: it is public, their own, or went to them. Who is silenced is seen
/// only by those who share with them.
/// `:me` is null for a visitor who is not signed in; what other pods' people wrote is not shown to strangers
/// (see `TO_STRANGERS`).
pub const TO_ME: &str = "(p.public and (not exists (select 1 from curbs xs where xs.person = p.author and xs.how = 'silenced') \
        or exists (select 1 from users ux join aspects ax on ax.user = ux.id join aspect_members mx on mx.aspect = ax.id \
            where ux.person = :me and mx.person = p.author)) \
    or p.author = :me or exists (select 1 from audience au where au.post = p.id and au.person = :me))";

/// True for a post `p` that anybody may see: public and written here.
pub const TO_STRANGERS: &str = "(p.public and exists (select 1 from users wu where wu.person = p.author) \
    and not exists (select 1 from curbs xs where xs.person = p.author and xs.how = 'silenced'))";

/// True for a person `p` who is not held or suspended.
pub const PRESENT: &str = "not exists (select 1 from curbs xh where xh.person = p.id and xh.how = 'hidden')";

/// True for a post `p` that the user `:user` wants to see: they neither ignore its author nor hid it.
pub const WANTED: &str = "(not exists (select 1 from blocks bl where bl.user = :user and bl.person = p.author) \
    and not exists (select 1 from muted mu where mu.user = :user and mu.post = p.id and mu.hidden))";

/// True for an author column `{author}` whom the user `:user` does not ignore, and who is not silenced for them.
pub fn not_ignored(author: &str) -> String {
    format!(
        "not exists (select 1 from blocks bl where bl.user = :user and bl.person = {author}) \
         and (not exists (select 1 from curbs xs where xs.person = {author} and xs.how = 'silenced') \
             or exists (select 1 from aspects ax join aspect_members mx on mx.aspect = ax.id \
                 where ax.user = :user and mx.person = {author}))"
    )
}

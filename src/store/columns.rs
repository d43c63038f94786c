//! How the model's types stand in a column.

use super::Result;

macro_rules! keys_in_sql {
    ($($name:ident),* $(,)?) => {$(
        impl rusqlite::ToSql for crate::model::$name {
            fn to_sql(&self) -> Result<rusqlite::types::ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }
        impl rusqlite::types::FromSql for crate::model::$name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                i64::column_result(value).map(Self)
            }
        }
    )*};
}

keys_in_sql!(
    PersonId,
    UserId,
    PostId,
    CommentId,
    LikeId,
    AspectId,
    PhotoId,
    ConversationId,
    MessageId,
    NoticeId,
    PollId,
    VoteId,
    EventId,
    AnswerId,
    CaseId,
    ImportId,
    Timestamp,
);

macro_rules! names_in_sql {
    ($($name:ident),* $(,)?) => {$(
        impl rusqlite::ToSql for crate::model::$name {
            fn to_sql(&self) -> Result<rusqlite::types::ToSqlOutput<'_>> {
                self.as_str().to_sql()
            }
        }
        impl rusqlite::types::FromSql for crate::model::$name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                Self::parse(value.as_str()?).ok_or(rusqlite::types::FromSqlError::InvalidType)
            }
        }
    )*};
}

names_in_sql!(Guid, Handle, Theme, Step, Refusal);

macro_rules! words_in_sql {
    ($($name:ident),* $(,)?) => {$(
        impl rusqlite::ToSql for crate::model::case::$name {
            fn to_sql(&self) -> Result<rusqlite::types::ToSqlOutput<'_>> {
                self.as_str().to_sql()
            }
        }
        impl rusqlite::types::FromSql for crate::model::case::$name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                Self::parse(value.as_str()?).ok_or(rusqlite::types::FromSqlError::InvalidType)
            }
        }
    )*};
}

words_in_sql!(Kind, State, Origin, Severity, Trace);

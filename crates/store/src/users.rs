//! People, and which organisations they belong to with which role.

use model::{OrganizationId, RoleId, Timestamp, UserId};
use sqlx::FromRow;
use sqlx::any::AnyRow;

use crate::error::Doing as _;
use crate::row::{Columns as _, micros};
use crate::{Organization, Result, Store, Tx};

/// A person. People exist beside organisations: one may belong to several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Unique among all users; kept in lower case, compared without regard to case.
    pub email: String,
    /// Short name, as shown in lists.
    pub username: String,
    /// Full name.
    pub name: String,
    /// When they were added.
    pub created_at: Timestamp,
}

/// A user as a member of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: User,
    /// What they may do there.
    pub role_id: RoleId,
    /// Since when.
    pub member_since: Timestamp,
}

impl FromRow<'_, AnyRow> for User {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id("id")?,
            email: row.text("email")?,
            username: row.text("username")?,
            name: row.text("name")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl FromRow<'_, AnyRow> for Member {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            user: User::from_row(row)?,
            role_id: row.id("role_id")?,
            member_since: row.time("member_since")?,
        })
    }
}

impl Store {
    /// The user with this e-mail address, in any organisation: for invitations and the first start.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>> {
        sqlx::query_as("SELECT id, email, username, name, created_at FROM users WHERE email = $1")
            .bind(email.to_lowercase())
            .fetch_optional(&self.reader)
            .await
            .doing("find a user by e-mail")
    }

    /// The user with this id, in any organisation: for whoever knows an id and is to make a member of
    /// them, and for their own profile.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn user(&self, id: UserId) -> Result<Option<User>> {
        sqlx::query_as("SELECT id, email, username, name, created_at FROM users WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.reader)
            .await
            .doing("read a user")
    }

    /// The member, when the user belongs to the organisation.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn member(&self, organization: OrganizationId, user: UserId) -> Result<Option<Member>> {
        sqlx::query_as(
            "SELECT u.id, u.email, u.username, u.name, u.created_at, m.role_id, m.created_at AS member_since \
             FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1 AND m.user_id = $2",
        )
        .bind(organization.to_string())
        .bind(user.to_string())
        .fetch_optional(&self.reader)
        .await
        .doing("read a member")
    }

    /// All members, in the order in which they joined.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn members(&self, organization: OrganizationId) -> Result<Vec<Member>> {
        sqlx::query_as(
            "SELECT u.id, u.email, u.username, u.name, u.created_at, m.role_id, m.created_at AS member_since \
             FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1 \
             ORDER BY m.created_at, u.id",
        )
        .bind(organization.to_string())
        .fetch_all(&self.reader)
        .await
        .doing("list members")
    }

    /// The organisations the user belongs to, each with their role there, the one joined first leading.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn organizations_of_user(&self, user: UserId) -> Result<Vec<(Organization, RoleId)>> {
        sqlx::query(
            "SELECT o.id, o.name, o.created_at, m.role_id FROM memberships m \
             JOIN organizations o ON o.id = m.org_id WHERE m.user_id = $1 ORDER BY m.created_at, o.id",
        )
        .bind(user.to_string())
        .fetch_all(&self.reader)
        .await
        .and_then(|rows| {
            rows.iter().map(|row| Ok((Organization::from_row(row)?, row.id("role_id")?))).collect()
        })
        .doing("list the organizations of a user")
    }
}

impl Tx {
    /// Adds a user, who belongs to no organisation yet.
    ///
    /// # Errors
    /// [`crate::Error::AlreadyExists`] when the id or the e-mail address is taken.
    pub async fn create_user(&mut self, user: &User) -> Result<()> {
        sqlx::query("INSERT INTO users (id, email, username, name, created_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(user.id.to_string())
            .bind(user.email.to_lowercase())
            .bind(&user.username)
            .bind(&user.name)
            .bind(micros(user.created_at))
            .execute(self.connection())
            .await
            .doing("create a user")
            .map(|_| ())
    }

    /// Changes what a user is called, in every organisation; `false` when there is none.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn rename_user(&mut self, id: UserId, username: &str, name: &str) -> Result<bool> {
        sqlx::query("UPDATE users SET username = $2, name = $3 WHERE id = $1")
            .bind(id.to_string())
            .bind(username)
            .bind(name)
            .execute(self.connection())
            .await
            .doing("rename a user")
            .map(|done| done.rows_affected() > 0)
    }

    /// How many members have this role. Whoever else asks waits until this transaction ends: of two
    /// changes that both mean to leave one such member, the second sees what the first did.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn count_members_with_role(
        &mut self,
        organization: OrganizationId,
        role: RoleId,
    ) -> Result<i64> {
        let operation = "count the members with a role";
        // A row that is written is locked in both databases; this one stands for all members.
        sqlx::query("UPDATE organizations SET name = name WHERE id = $1")
            .bind(organization.to_string())
            .execute(self.connection())
            .await
            .doing(operation)?;
        sqlx::query("SELECT count(*) AS members FROM memberships WHERE org_id = $1 AND role_id = $2")
            .bind(organization.to_string())
            .bind(role.to_string())
            .fetch_one(self.connection())
            .await
            .and_then(|row| row.int("members"))
            .doing(operation)
    }

    /// Makes the user a member with this role, or changes the role of one who is.
    ///
    /// # Errors
    /// [`crate::Error::MissingReference`] when there is no such user or organisation.
    pub async fn set_member_role(
        &mut self,
        organization: OrganizationId,
        user: UserId,
        role: RoleId,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO memberships (org_id, user_id, role_id, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (org_id, user_id) DO UPDATE SET role_id = excluded.role_id",
        )
        .bind(organization.to_string())
        .bind(user.to_string())
        .bind(role.to_string())
        .bind(micros(now))
        .execute(self.connection())
        .await
        .doing("set the role of a member")
        .map(|_| ())
    }

    /// Takes the user out of the organisation, with their keys in it (and so the sessions of those);
    /// `false` when they were no member.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn remove_member(&mut self, organization: OrganizationId, user: UserId) -> Result<bool> {
        let operation = "remove a member";
        let (organization, user) = (organization.to_string(), user.to_string());
        sqlx::query("DELETE FROM api_keys WHERE org_id = $1 AND subject_kind = 'user' AND subject_id = $2")
            .bind(&organization)
            .bind(&user)
            .execute(self.connection())
            .await
            .doing(operation)?;
        sqlx::query("DELETE FROM memberships WHERE org_id = $1 AND user_id = $2")
            .bind(&organization)
            .bind(&user)
            .execute(self.connection())
            .await
            .doing(operation)
            .map(|done| done.rows_affected() > 0)
    }
}

//! stub
use crate::error::Error;
use crate::repository::project::Project;
pub(crate) fn run(_project: &Project, _args: &[String]) -> Result<(), Error> {
    Ok(())
}

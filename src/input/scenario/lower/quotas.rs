//! `[[quotas]]`: what the account may have of EC2.

use crate::model::{QUOTAS, Quotas};

use super::super::node::shortened;
use super::Lowering;

impl Lowering<'_> {
    /// The quotas that the scenario states.
    pub(super) fn quotas(&mut self) -> Quotas {
        let mut quotas = Quotas::default();
        for node in self.root.list("quotas") {
            let code = node.text("QuotaCode").unwrap_or_default();
            let place = QUOTAS.iter().position(|quota| quota.code == code);
            let Some(place) = place else {
                let codes = QUOTAS.map(|quota| format!("{} ({})", quota.code, quota.name));
                let message = format!(
                    "`{}` is no quota of EC2 vCPUs; these are: {}",
                    shortened(code),
                    codes.join(", ")
                );
                self.problems.below_once(node, "QuotaCode", message);
                continue;
            };
            if quotas.get(place).is_some() {
                let message = format!("`{code}` is stated twice; state each quota once");
                self.problems.below_once(node, "QuotaCode", message);
            }
            match node.decimal("Value") {
                Some(value) if value.fract() == 0.0 => quotas.set(place, value as u32),
                Some(_) => {
                    let message = "must be a whole number of vCPUs";
                    self.problems.below_once(node, "Value", message);
                }
                None => {}
            }
        }
        quotas
    }
}

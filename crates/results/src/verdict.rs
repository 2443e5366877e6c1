//! The words of judgement.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Defines an enum whose variants are written as one lower-case word, in JSON and by `Display` alike.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$meaning])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// The word that stands for it in documents.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(self.word())
            }
        }
    };
}

words! {
    /// What became of one case. Every verdict but [`Verdict::Pass`] carries a reason; a pass carries the values compared.
    Verdict {
        /// Everything that was promised held.
        Pass = "pass",
        /// A promise that safety rests on did not hold.
        Fail = "fail",
        /// What must hold held, something that merely should hold did not.
        Warn = "warn",
        /// Nobody knows what must come back: the answer is kept, and compared between runs.
        Recorded = "recorded",
        /// It could not be played here, and why is known beforehand.
        Skip = "skip",
        /// It was played, but its answer proves nothing: the positive control did not pass, or nobody answered.
        Inconclusive = "inconclusive",
        /// It could not be played to its end by a fault on this side.
        Error = "error",
    }
}

words! {
    /// What became of a run.
    RunVerdict {
        /// Something passed and nothing spoke against it.
        Pass = "pass",
        /// At least one case failed.
        Fail = "fail",
        /// No case failed, but the run proves too little: cases that proved nothing, nothing that passed, or an interruption.
        Inconclusive = "inconclusive",
        /// No case failed, but at least one could not be played to its end.
        Error = "error",
    }
}

words! {
    /// How the tokens that a case sends came to be. Where it sends several, the one that needs most.
    Means {
        /// It sends none.
        Plain = "plain",
        /// Made here, without any signature that the target trusts.
        Forged = "forged",
        /// Handed out by the real issuer, and sent as it is.
        Real = "real",
        /// Made or signed by the mock issuer that the target trusts.
        Minted = "minted",
    }
}

words! {
    /// Whether traffic may be switched to the target.
    Go {
        /// It may: everything required was played and held.
        Go = "go",
        /// It must not: something that must hold did not.
        NoGo = "no-go",
        /// Nobody can tell: too little is proven.
        Inconclusive = "inconclusive",
    }
}

words! {
    /// Who gave an answer.
    AnsweredBy {
        /// App Service Authentication, before the host saw the request.
        Platform = "platform",
        /// The Functions host.
        Host = "host",
        /// The function itself.
        App = "app",
        /// API Management or another gateway in front.
        Gateway = "gateway",
        /// Nobody on the other side: the connection failed, or a proxy answered in between.
        Network = "network",
        /// The answer does not tell.
        Unknown = "unknown",
    }
}

words! {
    /// How much a failure of a case would matter.
    Severity {
        /// Anybody gets in.
        Critical = "critical",
        /// Somebody gets in who must not.
        High = "high",
        /// A layer of defence is missing.
        Medium = "medium",
        /// A callers' nuisance or a weak answer.
        Low = "low",
        /// Worth knowing.
        Info = "info",
    }
}

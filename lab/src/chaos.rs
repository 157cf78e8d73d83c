//! Chaos: deployments on a local cloud whose functions are killed and whose network fails; and then, whether everything
//! is as it must be.
//!
//! It deploys nothing of the developer's, and kills only functions of the local cloud that it has started itself.

mod killer;
mod ledger;
mod plot;
mod shop;
mod stage;
mod verdict;
mod weather;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context;
use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use futures_util::future::join_all;
use plot::Plot;
use shop::Shop;
use stage::Stage;
use tokio::time::sleep;
use verdict::Outcome;
use weather::{Faults, Toll, Weather};

use crate::local::{self, LocalCloud, Ports};

const FAULTS: Faults = Faults { errors: 15, lost_answers: 15 };
/// As many deployments are under way at once.
const SHOPS: usize = 10;
/// Between two kills, in milliseconds.
const LULL: std::ops::Range<u64> = 300..1_300;
/// How long deployments may take to end once the storm is over: the sweep comes every minute.
const PATIENCE: Duration = Duration::from_secs(300);

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many processes are killed at least.
    pub kills: usize,
    /// How many deployments are played to their end meanwhile, at least.
    pub deployments: usize,
    /// What all chances are made from. How they meet depends on the machine.
    pub seed: u64,
    /// For how long at most it storms.
    pub minutes: u64,
}

/// How far it is.
struct Course {
    options: Options,
    began: Instant,
    storm_ended: Cell<Option<Instant>>,
    kills: Cell<usize>,
    played: Cell<usize>,
}

impl Course {
    fn ends_at(&self) -> Instant {
        self.began + Duration::from_secs(60 * self.options.minutes)
    }

    /// Whether all was done that was to be done.
    fn is_done(&self) -> bool {
        self.kills.get() >= self.options.kills && self.played.get() >= self.options.deployments
    }

    /// Until when deployments are waited for that have not ended.
    fn waits_until(&self) -> Instant {
        self.storm_ended.get().unwrap_or_else(|| self.ends_at()) + PATIENCE
    }

    fn goes_on(&self) -> bool {
        !self.is_done() && Instant::now() < self.ends_at()
    }
}

/// Plays it all; whether everything is as it must be.
pub async fn run(options: Options) -> anyhow::Result<bool> {
    let mut random = fastrand::Rng::with_seed(options.seed);
    let ports = Ports::from_base(0)?;
    let weather = Weather::start(ports.aws_url()?, FAULTS, random.fork())?;
    let cloud = LocalCloud::start(local::Options {
        ports: Some(ports),
        aws_for_functions: Some(weather.url().to_owned()),
        progress: Box::new(|step| println!("{step}")),
        ..local::Options::default()
    })
    .await?;
    println!("what is deployed to");
    let stage = Stage::set(&cloud).await?;
    let mut shops = Vec::new();
    for n in 0..SHOPS.min(options.deployments) {
        let name = format!("shop-{n}");
        stage.open(&name).await.with_context(|| format!("{name} cannot be made"))?;
        shops.push(Shop::new(&stage, name));
    }
    println!("chaos with seed {}", options.seed);
    let course = Course {
        options,
        began: Instant::now(),
        storm_ended: Cell::new(None),
        kills: Cell::new(0),
        played: Cell::new(0),
    };
    weather.storm(true);
    let players: Vec<_> = shops.iter().map(|shop| play(shop, &course, random.fork())).collect();
    let storm = rage(&course, &weather, cloud.process_id(), random.fork());
    let (broken, raged) = tokio::select! {
        both = futures_util::future::join(join_all(players), storm) => both,
        never = watch(&course, &weather) => match never {},
    };
    raged?;
    let mut faults: Vec<String> = broken.into_iter().flatten().collect();
    println!("one more deployment in each group");
    let outcomes = join_all(shops.iter().map(judge)).await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    for outcome in &outcomes {
        let own = outcome.faults();
        if !own.is_empty() {
            ledger::print(&stage.endpoints, outcome).await?;
        }
        faults.extend(own);
    }
    if !course.is_done() {
        let words = format!("{} kills and {} deployments", course.kills.get(), course.played.get());
        faults.push(format!("within {} minutes, there were only {words}", options.minutes));
    }
    println!("{}", summary(&course, weather.toll(), &outcomes));
    for fault in &faults {
        println!("NOT SO: {fault}");
    }
    if faults.is_empty() {
        println!(
            "Every deployment has ended, every alias is on the one version that it must be on, and no lock is left."
        );
    }
    cloud.stop().await;
    Ok(faults.is_empty())
}

/// Plays one deployment after the other, while it storms. A fault ends it.
async fn play(shop: &Shop<'_>, course: &Course, mut random: fastrand::Rng) -> Option<String> {
    while course.goes_on() {
        let plot = Plot::random(&mut random);
        match shop.play(&plot, &mut random, || course.waits_until()).await {
            Ok(true) => course.played.set(course.played.get() + 1),
            // The group is judged in the end.
            Ok(false) => return None,
            Err(failure) => return Some(format!("{failure:#}")),
        }
        match shop.outcome(None).await.map(|outcome| outcome.faults()) {
            Ok(faults) if faults.is_empty() => {}
            Ok(faults) => return Some(format!("{} (seen right after that deployment)", faults.join("; "))),
            Err(failure) => return Some(format!("{failure:#}")),
        }
    }
    None
}

/// Kills functions until all is done, and ends the storm.
async fn rage(course: &Course, weather: &Weather, emulator: u32, mut random: fastrand::Rng) -> anyhow::Result<()> {
    while course.goes_on() {
        if killer::kill_one(emulator, &mut random).await? {
            course.kills.set(course.kills.get() + 1);
        }
        sleep(Duration::from_millis(random.u64(LULL))).await;
    }
    weather.storm(false);
    course.storm_ended.set(Some(Instant::now()));
    println!("the storm is over after {} s", course.began.elapsed().as_secs());
    Ok(())
}

/// Says how far it is, until it is dropped.
async fn watch(course: &Course, weather: &Weather) -> std::convert::Infallible {
    loop {
        sleep(Duration::from_secs(10)).await;
        let Toll { requests, errors, lost_answers } = weather.toll();
        println!(
            "{:4} s: {} of {} deployments have ended; {} of {} kills; {errors} errors and {lost_answers} lost answers in \
             {requests} requests",
            course.began.elapsed().as_secs(),
            course.played.get(),
            course.options.deployments,
            course.kills.get(),
            course.options.kills
        );
    }
}

/// Looks at a group, and deploys once more.
async fn judge(shop: &Shop<'_>) -> anyhow::Result<Outcome> {
    let outcome = shop.outcome(None).await?;
    if !outcome.faults().is_empty() {
        return Ok(outcome);
    }
    let until = Instant::now() + PATIENCE;
    let played = shop.play(&Plot::plain(), &mut fastrand::Rng::with_seed(0), || until).await;
    shop.outcome(played.err().map(|failure| format!("{failure:#}"))).await
}

fn summary(course: &Course, toll: Toll, outcomes: &[Outcome]) -> String {
    let mut statuses: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    for deployment in outcomes.iter().flat_map(|outcome| &outcome.deployments) {
        *statuses.entry((deployment.rolls_back, &deployment.status)).or_default() += 1;
    }
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(["what", "how often"]);
    for ((rolls_back, status), count) in statuses {
        let kind = if rolls_back { "rollback deployments" } else { "deployments" };
        table.add_row([format!("{kind} that are {status}"), count.to_string()]);
    }
    let share = |count: usize| format!("{count} ({:.1} %)", 100.0 * count as f64 / toll.requests.max(1) as f64);
    table.add_row(["processes killed".to_owned(), course.kills.get().to_string()]);
    table.add_row(["requests of functions to AWS, in the storm".to_owned(), toll.requests.to_string()]);
    table.add_row(["of them, refused".to_owned(), share(toll.errors)]);
    table.add_row(["of them, carried out without an answer".to_owned(), share(toll.lost_answers)]);
    table.add_row(["seconds, to the end of all deployments".to_owned(), course.began.elapsed().as_secs().to_string()]);
    table.to_string()
}

"""Carrying a plan out: parallel branches, one log per step, state saved after each, cancel at any moment."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from wizard.errors import CodehubError, ExitCode
from wizard.plan.model import Decision, Plan, Step
from wizard.run.context import Action, StepContext
from wizard.run.events import (
    Emit,
    Event,
    Notice,
    Outcome,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    StepSummary,
    to_json,
)
from wizard.run.log_file import LogFile
from wizard.text import Redactor, harmless

RETRY_PAUSE = 2.0
"""Seconds before a second attempt; doubled for each further one."""

OnFinished = Callable[[Step, StepFinished], None]
"""Is told of each step's end before its event goes out; the place to save state."""


class Runner:
    """One run of a plan. `log_folder` must exist; events go to `emit` and to its `events.jsonl`."""

    def __init__(
        self,
        plan: Plan,
        actions: Mapping[str, Action],
        log_folder: Path,
        emit: Emit,
        *,
        on_finished: OnFinished,
        redact: Redactor | None = None,
    ) -> None:
        self._plan = plan
        self._actions = actions
        self._folder = log_folder
        self._emit_to = emit
        self._on_finished = on_finished
        self._redact = redact or Redactor()
        self._results: dict[str, Mapping[str, Any]] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._first_failure: StepFinished | None = None
        self._exit_code = ExitCode.DONE

    async def run(self) -> RunFinished:
        """Run every step that is to be run; returns the run's last event, which has gone out already.

        Steps whose needs are met run at the same time. A failure lets steps that are already running come to
        their end, and starts none that depends on it. Cancelling the awaiting task cancels every running
        step, waits until all they started has ended, and returns with ExitCode.INTERRUPTED instead of raising.
        """
        began = time.monotonic()
        with LogFile(self._folder / "events.jsonl", by_line=False) as self._events:
            self._emit(
                RunStarted(
                    run=self._folder.name,
                    steps=tuple(_summary(step) for step in self._plan.steps),
                    log_folder=str(self._folder),
                )
            )
            if self._events.lost:
                # Nothing has begun: what this run would do could not be remembered either.
                raise self._events.lost
            try:
                await self._run_steps()
            except asyncio.CancelledError:
                self._exit_code = ExitCode.INTERRUPTED
            finished = RunFinished(
                run=self._folder.name,
                outcome=self._outcome(),
                seconds=round(time.monotonic() - began, 3),
                exit_code=int(self._exit_code),
                summary=self._summary(),
            )
            self._emit(finished)
        return finished

    async def _run_steps(self) -> None:
        waiting = list(self._plan.steps)
        running: dict[asyncio.Task[None], Step] = {}
        try:
            while waiting or running:
                for step in [step for step in waiting if all(need in self._outcomes for need in step.needs)]:
                    waiting.remove(step)
                    if any(self._outcomes[need] in {Outcome.FAILED, Outcome.CANCELLED} for need in step.needs):
                        blocker = next(n for n in step.needs if self._outcomes[n] is not Outcome.DONE)
                        self._finish(step, Outcome.CANCELLED, reason=f"not started: {blocker} did not succeed")
                    elif step.decision is Decision.SKIP:
                        self._finish(step, Outcome.SKIPPED, reason=step.why, result=step.result)
                    else:
                        running[asyncio.create_task(self._run_step(step), name=step.id)] = step
                        continue
                    break  # its end may have met the needs of steps before it in the list
                else:
                    if running:
                        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                        for task in done:
                            del running[task]
                            task.result()
        except asyncio.CancelledError:
            await _cancel(running)
            for step in waiting:
                self._finish(step, Outcome.CANCELLED, reason="not started: the run was stopped")
            raise
        finally:
            await _cancel(running)

    async def _run_step(self, step: Step) -> None:
        log_path = self._folder / f"{step.id}.log"
        began = time.monotonic()

        def lost(error: CodehubError) -> None:
            self._emit(Notice(step=step.id, level="warning", text=f"{error.what} {error.why}"))

        with LogFile(log_path) as log:
            for attempt in range(1, step.attempts + 1):
                self._emit(
                    StepStarted(step=step.id, title=step.title, branch=step.branch, log=str(log_path), attempt=attempt)
                )
                if attempt == 1:
                    log.tell(lost)
                context = StepContext(
                    step.id, self._emit, log, log_path, redact=self._redact, results=dict(self._results)
                )
                try:
                    result = await self._attempt(step, context, log)
                except asyncio.CancelledError:
                    self._finish(step, Outcome.CANCELLED, began, reason="stopped", log=log_path)
                    raise
                except CodehubError as error:
                    if attempt < step.attempts and error.exit_code is ExitCode.STEP_FAILED:
                        pause = RETRY_PAUSE * 2 ** (attempt - 1)
                        context.notice(f"{error.what} Trying again in {pause:g} s ({attempt + 1} of {step.attempts}).")
                        await asyncio.sleep(pause)
                        continue
                    self._fail(step, error, began, context, log)
                    return
                self._finish(step, Outcome.DONE, began, result=result, log=log_path, reason=step.why)
                return

    async def _attempt(self, step: Step, context: StepContext, log: LogFile) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(step.timeout):
                return await self._actions[step.id](context)
        except TimeoutError as error:
            raise CodehubError(
                f"{step.title} did not finish within {step.timeout:g} seconds.",
                why="It was stopped, with everything that it had started.",
                fix="Look at its last lines for what it was waiting for; a second run goes on from here.",
                address="step-timeout",
            ) from error
        except CodehubError:
            raise
        except Exception as error:
            # A defect of ours must look like any failed step: the cause is in the log, the run's state is whole.
            import traceback

            log.write(_shown(self._redact(traceback.format_exc())))
            raise CodehubError(
                f"{step.title} failed in a way that codehub did not expect.",
                why=self._redact(f"{type(error).__name__}: {error}"),
                fix="This is a defect in codehub; the log has the details for a report.",
                address="unexpected",
            ) from error

    def _fail(self, step: Step, error: CodehubError, began: float, context: StepContext, log: LogFile) -> None:
        log.write(_shown(self._redact(str(error))) + "\n")
        if self._exit_code is ExitCode.DONE:
            self._exit_code = error.exit_code
        self._finish(step, Outcome.FAILED, began, error=error, log=context.log_path, tail=tuple(context.tail))

    def _finish(
        self,
        step: Step,
        outcome: Outcome,
        began: float | None = None,
        *,
        reason: str = "",
        result: Mapping[str, Any] | None = None,
        error: CodehubError | None = None,
        log: Path | None = None,
        tail: tuple[str, ...] = (),
    ) -> None:
        event = StepFinished(
            step=step.id,
            outcome=outcome,
            seconds=round(time.monotonic() - began, 3) if began is not None else 0.0,
            reason=reason,
            what=self._redact(error.what) if error else "",
            why=self._redact(error.why) if error else "",
            fix=self._redact(error.fix) if error else "",
            address=error.address if error else "",
            log=str(log or ""),
            tail=tail,
            result=dict(result or {}),
        )
        try:
            self._on_finished(step, event)
        except CodehubError as unsaved:
            event = self._unsaved(step, event, unsaved)
        if event.outcome in {Outcome.DONE, Outcome.SKIPPED}:
            self._results[step.id] = event.result
        if event.outcome is Outcome.FAILED and self._first_failure is None:
            self._first_failure = event
        self._outcomes[step.id] = event.outcome
        self._emit(event)

    def _unsaved(self, step: Step, event: StepFinished, error: CodehubError) -> StepFinished:
        """The end of a step that could not be remembered: what was done counts as failed, the next run repeats it."""
        if event.outcome is not Outcome.DONE:
            return event
        if self._exit_code is ExitCode.DONE:
            self._exit_code = error.exit_code
        return replace(
            event,
            outcome=Outcome.FAILED,
            what=f"{step.title} was done, but that could not be saved.",
            why=f"{error.what} {error.why}",
            fix=error.fix,
            address=error.address,
        )

    def _emit(self, event: Event) -> None:
        self._events.write(json.dumps(to_json(event), ensure_ascii=False) + "\n")
        if isinstance(event, RunStarted | RunFinished | StepFinished):
            self._events.flush()
        self._emit_to(event)

    def _outcome(self) -> Outcome:
        if self._exit_code is ExitCode.DONE:
            return Outcome.DONE if self._plan.to_run else Outcome.SKIPPED
        return Outcome.CANCELLED if self._exit_code is ExitCode.INTERRUPTED else Outcome.FAILED

    def _summary(self) -> str:
        if self._exit_code is ExitCode.INTERRUPTED:
            return "Stopped. Run it again to go on from the first step that is not done."
        if self._first_failure:
            return self._first_failure.what
        if not self._plan.to_run:
            return "Nothing to do: everything is as it should be."
        done = sum(outcome is Outcome.DONE for outcome in self._outcomes.values())
        skipped = sum(outcome is Outcome.SKIPPED for outcome in self._outcomes.values())
        return f"{done} {'step' if done == 1 else 'steps'} done, {skipped} skipped."


def _shown(text: str) -> str:
    return "\n".join(map(harmless, text.split("\n")))


async def _cancel(running: Mapping[asyncio.Task[None], Step]) -> None:
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def _summary(step: Step) -> StepSummary:
    return StepSummary(
        id=step.id,
        title=step.title,
        branch=step.branch,
        decision=str(step.decision),
        why=step.why,
        command=step.command,
        needs=step.needs,
    )

"""What a run would do: steps, their inputs and the decision to run or to skip each; pure functions."""

using TransformerXL.Analysis.Reports;
using TransformerXL.Cli.Terminals;
using TransformerXL.Data;
using TransformerXL.Training;

namespace TransformerXL.Cli.Screens;

/// <summary>What is said when a training has ended: how it went and what can be done next.</summary>
internal static class TrainingSummary
{
    public static void Write(Terminal terminal, string path, TrainingResult result, Corpus corpus)
    {
        string call = terminal.Program, run = ProgramCall.Quote(path);
        TrainingState state = result.State;
        terminal.Out.WriteLine();
        string took = $"{Figures.Count(state.Step)} steps in {Figures.Time(TimeSpan.FromSeconds(state.Seconds))}, {Figures.Count(state.TokensSeen)} tokens; saved in {path}";
        terminal.Out.WriteLine(result.Completed ? $"Trained {took}" : state.Step > 0 ? $"Stopped after {took}" : $"Stopped before the first step; {path} is ready to begin");
        if (result is { EndedEarly: true, State: { BestValidationLoss: { } best, BestStep: { } step } })
        {
            terminal.Out.WriteLine($"Ended early: no validation in {state.ValidationsWithoutImprovement} was better than {Figures.Loss(best)} nats at step {Figures.Count(step)}");
        }

        if (!result.Completed)
        {
            terminal.Out.WriteLine($"Go on:     {call} train --resume {run}");
            if (state.Step > 0)
            {
                terminal.Out.WriteLine($"See:       {Path.Combine(path, RunReport.FileName)}");
            }

            return;
        }

        terminal.Out.WriteLine($"Write:     {call} generate {run} --tokens 500");
        terminal.Out.WriteLine($"Evaluate:  {call} evaluate {run}{TextToEvaluate(corpus)}");
        terminal.Out.WriteLine($"See:       {Path.Combine(path, RunReport.FileName)}");
    }

    /// <summary>The test text needs no word; a run without one has another, or takes a file.</summary>
    private static string TextToEvaluate(Corpus corpus) =>
        corpus.Test.Count > 1 ? "" : corpus.Validation.Count > 1 ? " --split valid" : " --data FILE";
}

using TransformerXL.Analysis.Reports;
using TransformerXL.Cli.Terminals;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Tasks;

namespace TransformerXL.Cli.Screens;

/// <summary>The summary after a training: its result, and commands for the next steps.</summary>
internal static class TrainingSummary
{
    /// <summary>The memory of the proposed evaluation relative to that of training.</summary>
    private const int LongerMemory = 8;

    public static void Write(Terminal terminal, string path, TrainingResult result, Corpus corpus, RunConfiguration configuration) => Write(terminal, path, result, run =>
    {
        if (!configuration.Model.IsCausal)
        {
            Hint.Write(terminal, "Fill in:   ", $"fill-mask {run} \"a text with a [MASK]\"");
            Hint.Write(terminal, "Evaluate:  ", $"evaluate {run}{TextToEvaluate(corpus)}");
            Hint.Write(terminal, "Fine-tune: ", $"train --task classify --init {run} --data FILE --out DIR");
            return;
        }

        Hint.Write(terminal, "Write:     ", $"generate {run} --tokens 500");
        Hint.Write(terminal, "Evaluate:  ", $"evaluate {run}{TextToEvaluate(corpus)}");
        if (configuration.Training.LongMemoryLength > 0)
        {
            // The model was trained with longer memories too, so a longer memory lowers the loss.
            Hint.Write(terminal, "Remember:  ", $"evaluate {run}{TextToEvaluate(corpus)} --memory {Math.Min(configuration.Training.LongMemoryLength, LongerMemory * Math.Max(1, configuration.Context.MemoryLength))}");
        }
    });

    /// <summary>The same for a task on examples.</summary>
    public static void WriteTask(Terminal terminal, string path, TrainingResult result, TaskExamples examples) => Write(terminal, path, result, run =>
    {
        Hint.Write(terminal, "Predict:   ", $"predict {run} FILE");
        Hint.Write(terminal, "Evaluate:  ", $"evaluate {run}{(examples.HasTest ? "" : examples.ValidationCount > 0 ? " --split valid" : " --data FILE")}");
    });

    private static void Write(Terminal terminal, string path, TrainingResult result, Action<string> next)
    {
        string run = ProgramCall.Quote(path);
        TrainingState state = result.State;
        if (!terminal.IsQuiet)
        {
            terminal.Out.WriteLine();
        }

        string took = $"{Figures.Count(state.Step, "step")} in {Figures.Time(TimeSpan.FromSeconds(state.Seconds))}, {Figures.Count(state.TokensSeen, "token")}; saved in {path}";
        terminal.Out.WriteLine(result.Completed ? $"Trained {took}" : state.Step > 0 ? $"Stopped after {took}" : $"Stopped before the first step; {path} is ready to begin");
        if (result is { EndedEarly: true, State: { BestValidationLoss: { } best, BestStep: { } step } })
        {
            // A metric may have chosen the best.
            string of = state.BestMetric is null ? $"{Figures.Loss(best)} nats at" : "that of";
            terminal.Out.WriteLine($"Ended early: no validation in {state.ValidationsWithoutImprovement} was better than {of} step {Figures.Count(step)}");
        }

        if (state.ValidationIsDue)
        {
            terminal.Out.WriteLine($"The validation after step {Figures.Count(state.Step)} was stopped: the best weights are not chosen yet; it comes first when the training is resumed");
        }

        if (!result.Completed)
        {
            Hint.Write(terminal, "Continue:  ", $"train --resume {run}");
            if (state.Step > 0 && !terminal.IsQuiet)
            {
                terminal.Out.WriteLine($"See:       {Path.Combine(path, RunReport.FileName)}");
            }

            return;
        }

        next(run);
        if (!terminal.IsQuiet)
        {
            terminal.Out.WriteLine($"See:       {Path.Combine(path, RunReport.FileName)}");
        }
    }

    /// <summary>Warns if a model has learned nothing from context.</summary>
    /// <param name="terminal">The output.</param>
    /// <param name="trainer">The training, at its end.</param>
    /// <param name="unit">The name of a token.</param>
    public static void WarnOfUnigram(Terminal terminal, Trainer trainer, string unit)
    {
        if (trainer.ReachedLoss is { } loss && trainer.UnigramEntropy is { } entropy && loss >= entropy)
        {
            string name = trainer.State.BestValidationLoss is not null ? "best validation loss" : "loss";
            terminal.Notes.WriteLine(
                $"txl: warning: the {name}, {Figures.Loss(loss)} nats per {unit}, is not below the unigram entropy of the training text, {Figures.Loss(entropy)}: "
                + $"the model has learned no more than how often each {unit} occurs. Train longer (--steps), with a higher or lower --lr, or on more text");
        }
    }

    /// <summary>The option is not needed for the test text; a run without test text uses another split or a file.</summary>
    private static string TextToEvaluate(Corpus corpus) =>
        corpus.Test.Count > 1 ? "" : corpus.Validation.Count > 1 ? " --split valid" : " --data FILE";
}

using TransformerXL.Files;
using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Training.Masking;

/// <summary>The head of a second objective: two classes from tanh(W h + b) of the state of <c>[CLS]</c> (Devlin et al. 2019).</summary>
internal static class SecondHead
{
    /// <summary>A head with random weights; null without a second objective.</summary>
    public static TaskHead? Create(MaskingOptions options, ModelConfiguration model, ulong seed) => options.SecondObjective == SecondObjective.None
        ? null
        : new TaskHead(new HeadConfiguration { Kind = HeadKind.OneLabel, Pooling = HeadPooling.First, Labels = Labels(options.SecondObjective) }, model.HiddenWidth, seed, model.InitialDeviation);

    /// <summary>The head of a trained model; null without a second objective, or where the folder has no weights of it.</summary>
    /// <exception cref="InputException">The file of its weights is damaged.</exception>
    public static TaskHead? Load(ModelFolder trained, MaskingOptions options)
    {
        string? path = trained.Checkpoint is null ? null : Path.Combine(new RunCheckpoints(trained.Path).Folder, trained.Checkpoint, CheckpointFiles.Head);
        if (path is null || !File.Exists(path) || Create(options, trained.Model.Configuration, 1) is not { } head)
        {
            return null;
        }

        HeadWeights.Load(path, head);
        return head;
    }

    /// <summary>The head of the second objective that the run of a model had; null without one.</summary>
    /// <exception cref="InputException">The file of its weights is damaged.</exception>
    public static TaskHead? Load(ModelFolder trained) => RunDirectory.Find(trained.Path)?.ReadConfiguration().Masking is { } options ? Load(trained, options) : null;

    /// <summary>The name of the objective in metrics.</summary>
    public static string NameOf(SecondObjective objective) => objective == SecondObjective.NextSentence ? "next_sentence" : "sentence_order";

    /// <summary>-log p of the right label of each stream in nats, and whether it is the most probable one.</summary>
    public static (double Nll, bool IsRight)[] Measure(Tape tape, TaskHead head, Variable hidden, int[] lengths, ReadOnlySpan<int> labels)
    {
        ReadOnlySpan<float> logits = head.Logits(tape, head.Pool(tape, hidden, lengths)).Value.Span;
        (double Nll, bool IsRight)[] results = new (double, bool)[labels.Length];
        for (int stream = 0; stream < labels.Length; stream++)
        {
            double right = logits[(2 * stream) + labels[stream]], other = logits[(2 * stream) + 1 - labels[stream]];
            double nll = Math.Max(0, other - right) + Math.Log(1 + Math.Exp(-Math.Abs(other - right)));
            results[stream] = double.IsFinite(nll) ? (nll, right > other) : throw new NotFiniteException("a logit of the second objective is not finite; the weights are damaged or too large to compute with");
        }

        return results;
    }

    private static string[] Labels(SecondObjective objective) => objective == SecondObjective.NextSentence ? ["next", "random"] : ["ordered", "exchanged"];
}

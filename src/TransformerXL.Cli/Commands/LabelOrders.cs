using TransformerXL.Cli.Terminals;
using TransformerXL.Heads;
using TransformerXL.Inference.Ordering;
using TransformerXL.Training;

namespace TransformerXL.Cli.Commands;

/// <summary>How the labels of texts in order depend on each other, in the folder of a model.</summary>
internal static class LabelOrders
{
    /// <summary>Refuses a model that does not predict one label of each text.</summary>
    /// <param name="trained">The model.</param>
    /// <param name="option">The option that asks for texts in order.</param>
    /// <exception cref="InputException">The model predicts something else.</exception>
    public static void RequireKind(ModelFolder trained, string option)
    {
        HeadKind? kind = trained.Head?.Configuration.Kind;
        TransformerXL.Require.That(kind == HeadKind.OneLabel, $"{option} is for a model that predicts {TaskFolders.Words(HeadKind.OneLabel)}; {trained.Path} predicts {(kind is { } other ? TaskFolders.Words(other) : "tokens")}");
    }

    /// <summary>The values that were found for a model.</summary>
    /// <exception cref="InputException">There are none for these weights, or their file is damaged.</exception>
    /// <remarks>Only a run names the examples that they are found on.</remarks>
    public static LabelOrder Require(ModelFolder trained) => LabelOrder.Find(trained) ?? throw new InputException(
        $"how labels follow one another is not known for these weights of {trained.Path}; {(RunDirectory.Find(trained.Path) is null ? "it is found on the validation examples of a run, which a model folder does not name" : Advice(trained))}");

    private static string Advice(ModelFolder trained) =>
        $"'txl evaluate {ProgramCall.Quote(trained.Path)} --split valid --in-order{(trained.Checkpoint is null or "best" ? "" : $" --checkpoint {trained.Checkpoint}")}' finds it and keeps it there";
}

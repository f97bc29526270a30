using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Heads;

/// <summary>Checks that a model can be used for what is wanted of it.</summary>
internal static class TaskFolders
{
    /// <summary>The head of a model.</summary>
    /// <param name="trained">The model.</param>
    /// <param name="wanted">What is wanted of the head, as part of a message.</param>
    /// <param name="fits">Whether a head does it.</param>
    /// <exception cref="InputException">The model has no such head.</exception>
    public static TaskHead Require(ModelFolder trained, string wanted, Func<HeadConfiguration, bool> fits)
    {
        TransformerXL.Require.That(trained.Head is not null, $"{trained.Path} is a language model without a head, but {wanted} are wanted; train a model for that task");
        TransformerXL.Require.That(fits(trained.Head!.Configuration), $"{trained.Path} is a model that predicts {Words(trained.Head.Configuration.Kind)}, but {wanted} are wanted");
        return trained.Head;
    }

    /// <summary>Computes what the head of a model predicts, with the lengths of its training.</summary>
    /// <inheritdoc cref="Require"/>
    /// <param name="trained">The model.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="wanted">What is wanted of the head, as part of a message.</param>
    /// <param name="fits">Whether a head does it.</param>
    /// <param name="ownsModel">Whether the model is used for nothing else.</param>
    public static TaskRunner Runner(ModelFolder trained, Backend backend, string wanted, Func<HeadConfiguration, bool> fits, bool ownsModel)
    {
        ArgumentNullException.ThrowIfNull(trained);
        ArgumentNullException.ThrowIfNull(backend);
        return new TaskRunner(trained.Model, Require(trained, wanted, fits), backend, trained.Configuration.Context, new PreparedWeights(ownsParameters: ownsModel));
    }

    /// <summary>The predictions of a kind of head, in words.</summary>
    public static string Words(HeadKind kind) => kind switch
    {
        HeadKind.OneLabel => "a label of each text",
        HeadKind.SeveralLabels => "several labels of each text",
        HeadKind.Number => "a number of each text",
        HeadKind.Tags => "labels of words",
        _ => "answers to questions",
    };
}

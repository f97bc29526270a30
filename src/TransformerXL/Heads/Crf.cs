using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Heads;

/// <summary>The scores of a conditional random field over C labels, zeros at first: the labels of words then do not depend on each other. The names are those of the Python package pytorch-crf.</summary>
/// <param name="parameters">Takes the parameters.</param>
/// <param name="labels">C.</param>
internal sealed class Crf(ParameterSet parameters, int labels)
{
    /// <summary>The most labels: there is a score for each pair.</summary>
    public const int MaxLabels = 4096;

    /// <summary>(C, C): the score of each label (column) after another (row).</summary>
    public Parameter Transitions { get; } = parameters.Zeros("crf.transitions", new Shape(labels, labels), ParameterRole.Bias);

    /// <summary>(C): the score of each first label.</summary>
    public Parameter Start { get; } = parameters.Zeros("crf.start_transitions", new Shape(labels), ParameterRole.Bias);

    /// <summary>(C): the score of each last label.</summary>
    public Parameter End { get; } = parameters.Zeros("crf.end_transitions", new Shape(labels), ParameterRole.Bias);
}

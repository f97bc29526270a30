using TransformerXL.Labels;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Heads;

/// <summary>
/// The most probable label sequence of a conditional random field (Viterbi 1967). What the scheme of the labels forbids is never predicted and has no probability;
/// the loss is that of training, which does not know the rules of the scheme.
/// </summary>
internal sealed class CrfDecoder : LabelDecoder
{
    private readonly TaskHead _head;
    private readonly Tape _tape;
    private readonly Tensor _transitions, _start, _end;

    public CrfDecoder(TaskHead head, Backend backend)
    {
        (_head, _tape) = (head, new Tape(backend));
        int labels = head.Configuration.Labels.Count;
        (_transitions, _start, _end) = (Tensor.Allocate(new Shape(labels, labels)), Tensor.Allocate(new Shape(labels)), Tensor.Allocate(new Shape(labels)));
    }

    private int Labels => _head.Configuration.Labels.Count;

    public override int[][] Decode(IReadOnlyList<float[]> logits)
    {
        Constrain();
        ViterbiPath path = new(_transitions.Span, _start.Span, _end.Span);
        return [.. logits.Select(path.Find)];
    }

    public override double[][] ProbabilitiesOf(IReadOnlyList<float[]> logits, IReadOnlyList<int[]> labels)
    {
        Constrain();
        int[] lengths = [.. labels.Select(text => text.Length)];
        ReadOnlySpan<float> marginals = Marginals(logits, lengths, _transitions, _start, _end, []);
        double[][] result = new double[labels.Count][];
        for (int i = 0, word = 0; i < result.Length; i++)
        {
            result[i] = new double[lengths[i]];
            for (int t = 0; t < lengths[i]; t++, word++)
            {
                result[i][t] = marginals[(word * Labels) + labels[i][t]];
            }
        }

        return result;
    }

    public override double[] Losses(IReadOnlyList<float[]> logits, IReadOnlyList<int[]> labels)
    {
        double[] losses = new double[labels.Count];
        Crf crf = _head.Crf!;
        (Tensor transitions, Tensor start, Tensor end) = (crf.Transitions.Value, crf.Start.Value, crf.End.Value);
        Marginals(logits, [.. labels.Select(text => text.Length)], transitions, start, end, losses);
        for (int i = 0; i < losses.Length; i++)
        {
            for (int t = 0; t < labels[i].Length; t++)
            {
                int label = labels[i][t];
                losses[i] -= logits[i][(t * Labels) + label];
                losses[i] -= t == 0 ? start.Span[label] : transitions.Span[(labels[i][t - 1] * Labels) + label];
                losses[i] -= t == labels[i].Length - 1 ? end.Span[label] : 0;
            }
        }

        return losses;
    }

    /// <summary>The probabilities of all labels of all words; empty where there are no words.</summary>
    private ReadOnlySpan<float> Marginals(IReadOnlyList<float[]> logits, int[] lengths, Tensor transitions, Tensor start, Tensor end, Span<double> logPartitions)
    {
        int words = lengths.Sum();
        if (words == 0)
        {
            return [];
        }

        using BackendUse use = _tape.Backend.Enter();
        _tape.BeginEvaluation();
        Tensor emissions = _tape.Allocate(new Shape(words, Labels));
        int first = 0;
        foreach (float[] text in logits)
        {
            text.CopyTo(emissions.Span[first..]);
            first += text.Length;
        }

        return _tape.CrfMarginals(emissions, transitions, start, end, _tape.Allocate(lengths), logPartitions).Span;
    }

    /// <summary>The probabilities of all labels of the words of one text: (words, C). <see cref="Constrain"/> was called before.</summary>
    public float[] MarginalsOf(float[] logits, int words) => Marginals([logits], [words], _transitions, _start, _end, []).ToArray();

    /// <summary>Copies the learned scores, with those that the scheme forbids replaced by negative infinity.</summary>
    public void Constrain()
    {
        Crf crf = _head.Crf!;
        IReadOnlyList<string> names = _head.Configuration.Labels;
        TagScheme scheme = _head.Configuration.Scheme;
        Span<float> transitions = _transitions.Span, start = _start.Span, end = _end.Span;
        for (int i = 0; i < Labels; i++)
        {
            start[i] = TagSchemes.MayFollow(null, names[i], scheme) ? crf.Start.Value.Span[i] : float.NegativeInfinity;
            end[i] = TagSchemes.MayFollow(names[i], "", scheme) ? crf.End.Value.Span[i] : float.NegativeInfinity;
            for (int j = 0; j < Labels; j++)
            {
                transitions[(i * Labels) + j] = TagSchemes.MayFollow(names[i], names[j], scheme) ? crf.Transitions.Value.Span[(i * Labels) + j] : float.NegativeInfinity;
            }
        }
    }
}

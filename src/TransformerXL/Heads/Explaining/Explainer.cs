using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Heads.Explaining;

/// <summary>
/// Measures which pieces of a document moved predictions: by the gradient through the whole document with its memory, and by leaving pieces out.
/// The gradient is computed in a model that shares the weights, so that the gradients of the weights stay out of the model.
/// </summary>
internal sealed class Explainer
{
    private const int Streams = 16;

    private readonly TaskRunner _runner;
    private readonly LanguageModel _model;
    private readonly TaskHead _head;
    private readonly Tape _tape;
    private readonly int _mark;

    public Explainer(TaskRunner runner, int mark)
    {
        (_runner, _mark) = (runner, mark);
        _model = LanguageModel.CreateDry(runner.Model.Configuration);
        _head = new TaskHead(runner.Head.Configuration, runner.Head.Size);
        Share(_model.Parameters, runner.Model.Parameters);
        Share(_head.Parameters, runner.Head.Parameters);
        _tape = new Tape(runner.Backend);
    }

    private HeadConfiguration Head => _head.Configuration;

    private int Delay => Head.IsOfText ? 0 : Head.Delay;

    /// <summary>Explains some predictions about one document.</summary>
    /// <param name="document">The document.</param>
    /// <param name="logits">Its logits.</param>
    /// <param name="scores">The predictions.</param>
    /// <param name="options">What is measured.</param>
    /// <param name="stop">Ends the measurement between two segments.</param>
    /// <returns>For each prediction: S, and for each piece gradient times input and the effect of leaving it out.</returns>
    /// <exception cref="InputException">The document is too long.</exception>
    public (double Score, double[] Gradients, double?[] LeftOut)[] Explain(ExplainedDocument document, float[] logits, IReadOnlyList<TaskScore> scores, ExplanationOptions options, CancellationToken stop)
    {
        TransformerXL.Require.That(
            document.Ids.Length <= options.MaxTokens,
            $"the text has {document.Ids.Length} tokens, but texts of at most {options.MaxTokens} are explained, because the gradient needs memory for all tokens at once",
            nameof(options.MaxTokens));
        using BackendUse use = _runner.Backend.Enter();
        double[] values = [.. scores.Select(score => score.Measure(logits, token => token + Delay, []))];
        double[][] gradients = [.. scores.Select(score => GradientsOf(document, score, stop))];
        double?[][] leftOut = LeaveOut(document, scores, values, Chosen(gradients, document.Pieces.Count, options.MaxLeftOut), stop);
        return [.. scores.Select((_, i) => (values[i], gradients[i], leftOut[i]))];
    }

    private static void Share(IReadOnlyCollection<Parameter> parameters, IReadOnlyCollection<Parameter> others)
    {
        foreach ((Parameter parameter, Parameter other) in parameters.Zip(others))
        {
            parameter.ShareValue(other);
        }
    }

    /// <summary>The pieces with the largest gradient times input, summed over the predictions.</summary>
    private static int[] Chosen(double[][] gradients, int pieces, int max) =>
        [.. Enumerable.Range(0, pieces).OrderByDescending(piece => gradients.Sum(values => Math.Abs(values[piece]))).Take(max).Order()];

    private double[] GradientsOf(ExplainedDocument document, TaskScore score, CancellationToken stop)
    {
        InputGradients inputs = new();
        _tape.BeginTraining(0, 0);
        Variable states = ReadAll(document.Ids, inputs, stop);
        Variable logits = _head.Logits(_tape, Head.IsOfText ? _head.Pool(_tape, states, [document.Ids.Length]) : states);
        Tensor derivatives = _tape.Allocate(logits.Shape);
        derivatives.Span.Clear();
        float[] all = logits.Value.Span.ToArray();
        if (_head.NGrams is not null)
        {
            StreamedNGrams ngrams = new(_head, 1);
            ngrams.Read(0, document.Ids);
            ngrams.AddTo(all);
        }

        score.Measure(all, token => token + Delay, derivatives.Span);
        // The gradient of the sum of z_i g_i is g in z.
        _tape.Backward(_tape.Multiply(logits, _tape.Constant(derivatives)));
        ClearGradients();
        double[] tokens = inputs.TimesInput();
        AddNGrams(document.Ids, derivatives.Span, tokens);
        return [.. document.Pieces.Select(piece => tokens.AsSpan(piece.First, piece.Count).ToArray().Sum())];
    }

    /// <summary>Adds what each n-gram adds to S, to its tokens in equal parts.</summary>
    private void AddNGrams(int[] ids, ReadOnlySpan<float> derivatives, double[] tokens)
    {
        if (_head.NGrams is null)
        {
            return;
        }

        List<NGram> found = [];
        List<int> ends = [];
        NGramReader reader = new(Head);
        for (int t = 0; t < ids.Length; t++)
        {
            reader.Read(ids[t], found);
            ends.AddRange(Enumerable.Repeat(t, found.Count - ends.Count));
        }

        for (int i = 0; i < found.Count; i++)
        {
            double effect = 0;
            ReadOnlySpan<float> row = _head.RowOf(found[i]);
            for (int label = 0; label < row.Length; label++)
            {
                effect += (double)derivatives[label] * row[label];
            }

            double part = effect / Math.Sqrt(found.Count) / found[i].Length;
            for (int back = 0; back < found[i].Length; back++)
            {
                tokens[ends[i] - back] += part;
            }
        }
    }

    /// <summary>The hidden states of all tokens (T, 1, d), from segments that the gradient connects.</summary>
    private Variable ReadAll(int[] ids, InputGradients inputs, CancellationToken stop)
    {
        ContextConfiguration context = _runner.Context;
        ModelState state = _model.CreateState(context.MemoryLength, 1);
        state.Inputs = inputs;
        HiddenMemory? memory = state as HiddenMemory;
        memory?.LearnThrough(_tape);
        // The state of recurrent layers has no gradient from one forward pass to the next, so that they read the document as one segment.
        int segment = memory is null ? ids.Length : context.TargetLength;
        // The member tells callers that the text is too long to be explained.
        Require.That(
            memory is not null || _model.Configuration.IsCausal || ids.Length <= context.TargetLength,
            $"the document has {ids.Length} tokens, but a gradient through both directions of recurrent layers is computed within one segment of {context.TargetLength}; shorten the text",
            nameof(ExplanationOptions.MaxTokens));
        DocumentLengths lengths = new([ids.Length], segment, memory is not null && DocumentReader.FillsSegments(_model));
        List<Variable> parts = [];
        for (int i = 0; i < lengths.Segments; i++)
        {
            stop.ThrowIfCancellationRequested();
            state.Lengths = lengths.LengthsOf(i);
            parts.Add(_model.Forward(_tape, _tape.Allocate(lengths.IdsOf(ids, i)), state, context, default));
        }

        return parts.Count == 1 ? parts[0] : _tape.Concatenate(parts.ToArray().AsSpan());
    }

    private void ClearGradients()
    {
        foreach (Parameter parameter in _model.Parameters.Concat(_head.Parameters))
        {
            parameter.ClearGradient();
        }
    }

    private double?[][] LeaveOut(ExplainedDocument document, IReadOnlyList<TaskScore> scores, double[] values, int[] chosen, CancellationToken stop)
    {
        double?[][] effects = [.. scores.Select(_ => new double?[document.Pieces.Count])];
        foreach (int[] group in chosen.Chunk(Streams))
        {
            int[][] shorter = [.. group.Select(piece => document.Without(document.Pieces[piece], Delay, _mark))];
            float[][] logits = Head.IsOfText ? _runner.OfTexts(shorter, stop) : _runner.OfTokens(shorter, stop);
            for (int i = 0; i < group.Length; i++)
            {
                ExplainedPiece piece = document.Pieces[group[i]];
                for (int score = 0; score < scores.Count; score++)
                {
                    effects[score][group[i]] = Holds(piece, scores[score].Places) ? null : values[score] - scores[score].Measure(logits[i], token => RowWithout(piece, token), []);
                }
            }
        }

        return effects;
    }

    /// <summary>The row of the logits of a token after a piece was left out.</summary>
    private int RowWithout(ExplainedPiece piece, int token) =>
        token < piece.First ? token + Delay : token < piece.First + piece.Count ? -1 : token - piece.Count + Delay;

    private static bool Holds(ExplainedPiece piece, ReadOnlySpan<int> places)
    {
        foreach (int place in places)
        {
            if (place >= piece.First && place < piece.First + piece.Count)
            {
                return true;
            }
        }

        return false;
    }
}

using TransformerXL.Heads;
using TransformerXL.Heads.Explaining;
using TransformerXL.Tensors;

namespace TransformerXL.Inference;

/// <summary>
/// Answers questions with a span of a text of any length. The text is read once, segment by segment with the memory of the model; of each token two numbers
/// are kept. For one thread at a time.
/// </summary>
/// <remarks>A result depends neither on other questions in the same call nor on the number of threads.</remarks>
public sealed class Answerer
{
    /// <summary>The most tokens of an answer.</summary>
    public const int MaxAnswerTokens = 64;

    private readonly TaskRunner _runner;
    private readonly TaskTexts _texts;
    private Explainer? _explainer;

    /// <summary>Creates an answerer.</summary>
    /// <param name="trained">A model with a head for spans.</param>
    /// <param name="backend">What computes.</param>
    /// <param name="ownsModel">
    /// Whether the model is used for nothing else, not for explanations either: its matrices then give their memory to the forms that are computed with, see <see cref="InferenceOptions.OwnsModel"/>.
    /// </param>
    /// <exception cref="InputException">The model has no such head.</exception>
    public Answerer(ModelFolder trained, Backend backend, bool ownsModel = false)
    {
        _runner = TaskFolders.Runner(trained, backend, "answers to questions", head => head.Kind == HeadKind.Spans, ownsModel);
        _texts = new TaskTexts(trained.Vocabulary);
    }

    internal Answerer(TaskRunner runner, TaskTexts texts) => (_runner, _texts) = (runner, texts);

    /// <summary>The head: what the model predicts, and its labels.</summary>
    public HeadConfiguration Head => _runner.Head.Configuration;

    /// <summary>Answers a question about a text.</summary>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    public Answer Answer(string question, string text)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(text);
        return Answer([(question, text)])[0];
    }

    /// <summary>Answers questions, each about a text of its own, side by side.</summary>
    /// <returns>The answers in the order of the questions.</returns>
    /// <exception cref="ArgumentException">A question or its text is null.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    public IReadOnlyList<Answer> Answer(IReadOnlyList<(string Question, string Text)> questions) => Answer(questions, CancellationToken.None);

    /// <summary>The same, until it is cancelled.</summary>
    /// <param name="questions">The questions and their texts.</param>
    /// <param name="cancellationToken">Ends the reading between two segments.</param>
    /// <exception cref="ArgumentException">A question or its text is null.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public IReadOnlyList<Answer> Answer(IReadOnlyList<(string Question, string Text)> questions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(questions);
        NullElements.Refuse(questions, question => question.Question, nameof(questions));
        NullElements.Refuse(questions, question => question.Text, nameof(questions));
        using BackendUse use = _runner.Backend.Enter();
        QuestionTokens[] tokens = [.. questions.Select(question => _texts.OfQuestion(question.Question, question.Text, Head.Delay))];
        float[][] logits = _runner.OfTokens([.. tokens.Select(question => question.Ids)], cancellationToken);
        return [.. tokens.Select((question, i) => Best(question, questions[i].Text, logits[i]).Answer)];
    }

    /// <summary>Tells which tokens of a question and its text moved the answer.</summary>
    /// <param name="question">The question.</param>
    /// <param name="text">The text.</param>
    /// <param name="options">What is measured; the standard if null. The answer that is explained is the predicted one.</param>
    /// <param name="cancellationToken">Ends the measurement between two segments.</param>
    /// <exception cref="InputException">An option is not valid, a label is named, or question and text are too long for a gradient.</exception>
    /// <exception cref="NotFiniteException">The weights are damaged.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public Explanation Explain(string question, string text, ExplanationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(text);
        (options ??= new ExplanationOptions()).Validate();
        Require.That(options.Label is null, $"a label to explain is named, '{options.Label}', but the predicted answer is explained", nameof(options.Label));
        using BackendUse use = _runner.Backend.Enter();
        QuestionTokens tokens = _texts.OfQuestion(question, text, Head.Delay);
        ExplainedDocument document = _texts.Explain(question, text, tokens);
        float[] logits = _runner.OfTokens([document.Ids], cancellationToken)[0];
        (Answer answer, int first, int last) = Best(tokens, text, logits);
        SpanScore score = new(tokens, Head.HasUnanswerable, first, last);
        (double value, double[] gradients, double?[] leftOut) = (_explainer ??= new Explainer(_runner, _texts.Mark)).Explain(document, logits, [score], options, cancellationToken)[0];
        return Explanation.Of(answer.Text, value, document, source => source == InfluenceSource.Question ? question : text, gradients, leftOut);
    }

    /// <summary>Answers questions and computes the loss of each: the mean of -log p of both ends of the right answer, or of no answer.</summary>
    internal IReadOnlyList<(Answer Answer, double Loss)> Measure(IReadOnlyList<(string Question, string Text, (int Start, int End)? Gold)> questions)
    {
        using BackendUse use = _runner.Backend.Enter();
        QuestionTokens[] tokens = [.. questions.Select(question => _texts.OfQuestion(question.Question, question.Text, Head.Delay))];
        float[][] logits = _runner.OfTokens([.. tokens.Select(question => question.Ids)]);
        return [.. tokens.Select((question, i) => (Best(question, questions[i].Text, logits[i]).Answer, LossOf(question, questions[i].Gold, logits[i])))];
    }

    private double LossOf(QuestionTokens tokens, (int Start, int End)? gold, float[] logits)
    {
        int none = tokens.None + tokens.Delay;
        int[] allowed = tokens.Allowed(Head.HasUnanswerable);
        (int first, int last) = gold is { } span && tokens.Find(span.Start, span.End) is { } found ? found : (none, none);
        allowed[first] = allowed[last] = 1;
        return (LogSum(logits, allowed, 0) - logits[2 * first] + LogSum(logits, allowed, 1) - logits[(2 * last) + 1]) / 2;
    }

    /// <summary>The most probable answer and its first and last token.</summary>
    private (Answer Answer, int First, int Last) Best(QuestionTokens tokens, string text, float[] logits)
    {
        int[] allowed = tokens.Allowed(Head.HasUnanswerable);
        double starts = LogSum(logits, allowed, 0), ends = LogSum(logits, allowed, 1);
        double Score(int first, int last) => (logits[2 * (first + tokens.Delay)] - starts) + (logits[(2 * (last + tokens.Delay)) + 1] - ends);
        double none = Head.HasUnanswerable || tokens.Places.Count == 0 ? Score(tokens.None, tokens.None) : double.NegativeInfinity, best = double.NegativeInfinity;
        (int First, int Last) span = default;
        for (int first = 0; first < tokens.Places.Count; first++)
        {
            for (int last = first; last < Math.Min(tokens.Places.Count, first + MaxAnswerTokens); last++)
            {
                double score = Score(tokens.Places[first].Token, tokens.Places[last].Token);
                if (score > best)
                {
                    (best, span) = (score, (first, last));
                }
            }
        }

        double noAnswer = double.IsNegativeInfinity(none) ? 0 : 1 / (1 + Math.Exp(best - none));
        if (none >= best)
        {
            return (new Answer("", -1, Math.Exp(none), noAnswer), tokens.None, tokens.None);
        }

        (TokenPlace begin, TokenPlace end) = (tokens.Places[span.First], tokens.Places[span.Last]);
        return (new Answer(text[begin.Start..end.End], begin.Start, Math.Exp(best), noAnswer), begin.Token, end.Token);
    }

    private static double LogSum(float[] logits, int[] allowed, int end)
    {
        double max = double.NegativeInfinity, sum = 0;
        for (int t = 0; t < allowed.Length; t++)
        {
            max = allowed[t] != 0 ? Math.Max(max, logits[(2 * t) + end]) : max;
        }

        for (int t = 0; t < allowed.Length; t++)
        {
            sum += allowed[t] != 0 ? Math.Exp(logits[(2 * t) + end] - max) : 0;
        }

        return max + Math.Log(sum);
    }
}

using System.Diagnostics;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Training.Baselines;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Metrics;

namespace TransformerXL.Training.Tasks;

/// <summary>Measures answers by the rules of SQuAD. The loss is that of the training, the mean over both ends.</summary>
internal sealed class AnsweringValidation(TaskRunner runner, AnsweringExamples examples, TaskConfiguration task)
{
    private const int Streams = 16, MaxWorst = 20;

    private readonly TaskTexts _texts = new(examples.Vocabulary);
    private readonly OverlapAnswer _overlap = OverlapAnswer.Train(examples.Train);
    private IReadOnlyList<TaskBaseline>? _baselines;

    public TaskReport Run(long step, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        Run(examples.Validation, step, progress, cancellationToken) with { Baselines = _baselines ??= BaselinesOn(examples.Validation) };

    public TaskReport Run(IReadOnlyList<QuestionExample> questions, long step, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken)
    {
        long begin = Stopwatch.GetTimestamp();
        Answerer answerer = new(runner, _texts);
        Answer[] answers = new Answer[questions.Count];
        double[] losses = new double[questions.Count];
        int[] order = [.. Enumerable.Range(0, questions.Count).OrderByDescending(i => questions[i].Length)];
        int done = 0;
        foreach (int[] group in order.Chunk(Streams))
        {
            cancellationToken.ThrowIfCancellationRequested();
            IReadOnlyList<(Answer Answer, double Loss)> measured = answerer.Measure([.. group.Select(i => (questions[i].Question, questions[i].Context, GoldOf(questions[i])))]);
            for (int i = 0; i < group.Length; i++)
            {
                (answers[group[i]], losses[group[i]]) = measured[i];
            }

            done += group.Length;
            progress?.Report(new ValidationProgress(step, done, questions.Count, WritesSample: false, Stopwatch.GetElapsedTime(begin)));
        }

        IReadOnlyList<Metric> metrics = Score(questions, [.. answers.Select(answer => (answer.Text, answer.NoAnswerProbability))]);
        return new TaskReport
        {
            Step = step,
            Loss = losses.Average(),
            Values = metrics,
            ChosenBy = TextMetrics.Choose(task.Metric, metrics),
            Examples = questions.Count,
            Details = new TaskDetails { Worst = [.. Worst(questions, answers, losses)] },
        };
    }

    /// <summary>What the span beside the question's words reaches.</summary>
    public IReadOnlyList<TaskBaseline> BaselinesOn(IReadOnlyList<QuestionExample> questions) =>
        examples.Train.Count == 0 ? [] : [new TaskBaseline("word overlap", Score(questions, [.. questions.Select(question => (_overlap.Answer(question), 0.0))]))];

    private IReadOnlyList<Metric> Score(IReadOnlyList<QuestionExample> questions, (string Text, double NoAnswer)[] answers)
    {
        // Where a question has no answer, those of a model that always gives one are wrong by the rules of SQuAD 2.0.
        bool withUnanswerable = runner.Head.Configuration.HasUnanswerable || questions.Any(question => question.IsUnanswerable);
        AnswerScores scores = new(withUnanswerable);
        for (int i = 0; i < questions.Count; i++)
        {
            scores.Add([.. questions[i].Answers.Select(answer => answer.Text)], answers[i].Text, answers[i].NoAnswer);
        }

        return TextMetrics.Of(scores, withUnanswerable, task.Metric);
    }

    private static (int Start, int End)? GoldOf(QuestionExample question) => question.Answers is [var answer, ..] ? (answer.Start, answer.End) : null;

    private static IEnumerable<WorstExample> Worst(IReadOnlyList<QuestionExample> questions, Answer[] answers, double[] losses)
    {
        foreach (int i in Enumerable.Range(0, questions.Count).OrderByDescending(i => losses[i]).Take(MaxWorst))
        {
            string gold = questions[i].Answers is [var answer, ..] ? answer.Text : "(no answer)", predicted = answers[i].Text.Length == 0 ? "(no answer)" : answers[i].Text;
            if (!questions[i].Answers.Any(accepted => AnswerText.IsExact(answers[i].Text, accepted.Text)) && gold != predicted)
            {
                yield return new WorstExample(WorstExample.Where(questions[i].Place), WorstExample.Shorten(questions[i].Question), gold, predicted, losses[i]);
            }
        }
    }
}

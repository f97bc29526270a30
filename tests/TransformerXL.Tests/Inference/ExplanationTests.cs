using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Labels;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>Explanations: the gradient is that of the score as predictions give it, and leaving out is what a user sees who deletes a token.</summary>
public sealed class ExplanationTests : IDisposable
{
    private const int Segment = 6;

    // No byte occurs twice, so that a row of the table belongs to one place.
    private const string Text = "abcdefghijklmno", Second = "uvwxyz";

    // Each of these is a part of the text by itself, also where another is deleted.
    private const string Marks = "!#%&*+-/";

    private static readonly TaskTexts s_texts = new(new ByteVocabulary());

    private readonly CpuBackend _backend = new(null, 2);

    public static TheoryData<string, HeadKind, HeadPooling> Cases()
    {
        TheoryData<string, HeadKind, HeadPooling> cases = [];
        foreach (string kind in Kinds.All)
        {
            // The first token of a causal model has read nothing else.
            foreach (HeadPooling pooling in Enum.GetValues<HeadPooling>().Where(pooling => pooling != HeadPooling.First || !Kinds.Causal.Contains(kind)))
            {
                cases.Add(kind, HeadKind.OneLabel, pooling);
            }

            cases.Add(kind, HeadKind.SeveralLabels, HeadPooling.Mean);
            cases.Add(kind, HeadKind.Number, HeadPooling.Mean);
        }

        return cases;
    }

    public static TheoryData<string> Families() => [.. Kinds.All];

    public void Dispose() => _backend.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_gradient_of_a_text_is_a_difference_quotient_of_what_is_predicted(string kind, HeadKind head, HeadPooling pooling)
    {
        TaskRunner runner = Runner(kind, Head(head) with { Pooling = pooling });
        Classifier classifier = new(runner, s_texts);
        Explanation explanation = classifier.Explain(Text, Second);
        Assert.Equal(ScoreOf(classifier.Classify(Text, Second), explanation.Prediction), explanation.Score, 1e-5);
        Assert.Equal(Text + Second, string.Concat(explanation.Tokens.Select(token => token.Text)));
        RequireDifferences(runner, explanation, () => ScoreOf(classifier.Classify(Text, Second), explanation.Prediction));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void The_gradient_of_a_label_of_a_word_is_a_difference_quotient(string kind)
    {
        TaskRunner runner = Runner(kind, Head(HeadKind.Tags));
        LabellerInput input = LabellerInput.Of(["abc", "defg", "hijklm"]);
        IReadOnlyList<Explanation> explanations = new Labeller(runner, s_texts).Explain(input);
        Assert.Equal(3, explanations.Count);
        for (int word = 0; word < 3; word++)
        {
            int label = runner.Head.Configuration.Labels.ToList().IndexOf(explanations[word].Prediction);
            RequireDifferences(runner, explanations[word], () => ScoreOfWord(runner, input.Words, word, label));
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void The_gradient_of_an_answer_is_a_difference_quotient(string kind)
    {
        TaskRunner runner = Runner(kind, Head(HeadKind.Spans));
        Explanation explanation = new Answerer(runner, s_texts).Explain("abc", Marks);
        (int start, int end) = Place(explanation.Prediction, Marks);
        RequireDifferences(runner, explanation, () => ScoreOfSpan(runner, "abc", Marks, start, end));
        Assert.Equal(InfluenceSource.Question, explanation.Tokens[0].Source);
        Assert.Equal((InfluenceSource.Text, 0, "!"), (explanation.Tokens[3].Source, explanation.Tokens[3].Start, explanation.Tokens[3].Text));
    }

    [Theory]
    [InlineData(HeadKind.OneLabel)]
    [InlineData(HeadKind.SeveralLabels)]
    [InlineData(HeadKind.Number)]
    public void Leaving_out_is_the_fall_of_the_score_when_a_character_is_deleted(HeadKind head)
    {
        Classifier classifier = new(Runner(Kinds.TransformerXL, Head(head)), s_texts);
        Explanation explanation = classifier.Explain(Text, Second);
        double full = ScoreOf(classifier.Classify(Text, Second), explanation.Prediction);
        Assert.All(explanation.Tokens, token =>
        {
            bool isFirst = token.Source == InfluenceSource.Text;
            Classification shorter = classifier.Classify(isFirst ? Text.Remove(token.Start, 1) : Text, isFirst ? Second : Second.Remove(token.Start, 1));
            Assert.Equal(full - ScoreOf(shorter, explanation.Prediction), token.LeftOut!.Value, 1e-9);
        });
        Assert.True(explanation.Tokens.Select(token => token.LeftOut).Distinct().Count() > 10);
    }

    [Fact]
    public void Leaving_out_a_letter_of_a_word_moves_its_label_and_those_of_the_others()
    {
        TaskRunner runner = Runner(Kinds.TransformerXL, Head(HeadKind.Tags));
        IReadOnlyList<Explanation> explanations = new Labeller(runner, s_texts).Explain(LabellerInput.Of(["abc", "defg", "hij"]));
        for (int word = 0; word < 3; word++)
        {
            int label = runner.Head.Configuration.Labels.ToList().IndexOf(explanations[word].Prediction);
            double full = ScoreOfWord(runner, ["abc", "defg", "hij"], word, label);
            Assert.Equal(full - ScoreOfWord(runner, ["ac", "defg", "hij"], word, label), Of(explanations[word], "b")!.Value, 1e-9);
            Assert.Equal(full - ScoreOfWord(runner, ["abc", "efg", "hij"], word, label), Of(explanations[word], "d")!.Value, 1e-9);
            Assert.Equal(full - ScoreOfWord(runner, ["abc", "defg", "ij"], word, label), Of(explanations[word], "h")!.Value, 1e-9);
            // The label of a word is read at its last letter.
            Assert.Equal(["c", "g", "j"], ((string[])["c", "g", "j"]).Where((letter, i) => Of(explanations[word], letter) is null == (i == word)));
        }
    }

    /// <summary>The space before a word is part of its tokens also where the text has none.</summary>
    [Fact]
    public void Pieces_of_words_have_the_places_of_the_text_where_marks_follow_words()
    {
        const string text = "saw Ohio. rain";
        LabellerInput input = LabellerInput.Of(text, new HashSet<string>());
        Assert.Equal(["saw", "Ohio", ".", "rain"], input.Words);
        IReadOnlyList<Explanation> explanations = new Labeller(Runner(Kinds.TransformerXL, Head(HeadKind.Tags)), new TaskTexts(new CharacterVocabulary(text.EnumerateRunes().Distinct()))).Explain(input);
        Assert.All(explanations[0].Tokens, token => Assert.Equal(text[token.Start..token.End], token.Text));
        Assert.Equal(14, explanations[0].Tokens.Where(token => token.Start < token.End).Select(token => token.Start).Distinct().Count());
    }

    [Theory]
    [InlineData(Kinds.TransformerXL)]
    [InlineData(Kinds.Encoder)]
    public void With_a_conditional_random_field_the_score_is_that_of_the_probability_and_its_gradient_a_difference_quotient(string kind)
    {
        TaskRunner runner = ChainRunner(kind);
        LabellerInput input = LabellerInput.Of(["abc", "defg", "hijklm"]);
        Labeller labeller = new(runner, s_texts);
        IReadOnlyList<Explanation> explanations = labeller.Explain(input);
        Labelling labelling = labeller.Label([input])[0];
        for (int word = 0; word < 3; word++)
        {
            int label = runner.Head.Configuration.Labels.ToList().IndexOf(explanations[word].Prediction);
            double p = labelling.Words[word].Probability;
            Assert.Equal(labelling.Words[word].Label, explanations[word].Prediction);
            Assert.Equal(Math.Log(p / (1 - p)), explanations[word].Score, 1e-4);
            Assert.Equal(ScoreInChain(runner, input.Words, word, label), explanations[word].Score, 1e-5);
            RequireDifferences(runner, explanations[word], () => ScoreInChain(runner, input.Words, word, label));
            double full = ScoreInChain(runner, input.Words, word, label);
            Assert.Equal(full - ScoreInChain(runner, ["ac", "defg", "hijklm"], word, label), Of(explanations[word], "b")!.Value, 1e-5);
            Assert.Equal(full - ScoreInChain(runner, ["abc", "defg", "ijklm"], word, label), Of(explanations[word], "h")!.Value, 1e-5);
        }
    }

    /// <summary>ln(p / (1 - p)) of a label of a word, p summed over all sequences of labels.</summary>
    private static double ScoreInChain(TaskRunner runner, IReadOnlyList<string> words, int word, int label)
    {
        (int[] ids, int[] places) = s_texts.OfWords(words, runner.Head.Configuration);
        float[] logits = runner.OfTokens([ids])[0];
        Crf crf = runner.Head.Crf!;
        double with = 0, without = 0;
        for (int sequence = 0; sequence < 27; sequence++)
        {
            int[] labels = [sequence % 3, sequence / 3 % 3, sequence / 9];
            double score = crf.Start.Value.Span[labels[0]] + crf.End.Value.Span[labels[2]];
            for (int i = 0; i < 3; i++)
            {
                score += logits[(3 * places[i]) + labels[i]] + (i == 0 ? 0 : crf.Transitions.Value.Span[(3 * labels[i - 1]) + labels[i]]);
            }

            with += labels[word] == label ? Math.Exp(score) : 0;
            without += labels[word] == label ? 0 : Math.Exp(score);
        }

        return Math.Log(with / without);
    }

    private TaskRunner ChainRunner(string kind)
    {
        TaskRunner runner = Runner(kind, Head(HeadKind.Tags) with { LabelLayer = LabelLayer.Crf, Delay = kind == Kinds.Encoder ? 0 : 2 });
        Random random = new(9);
        foreach (Parameter scores in (Parameter[])[runner.Head.Crf!.Transitions, runner.Head.Crf.Start, runner.Head.Crf.End])
        {
            foreach (ref float value in scores.Value.Span)
            {
                value = random.NextSingle() - 0.5f;
            }
        }

        return runner;
    }

    [Fact]
    public void The_only_answer_has_the_probability_one_exactly()
    {
        Answerer answerer = new(Runner(Kinds.TransformerXL, Head(HeadKind.Spans)), s_texts);
        (string, string)[] questions = [.. from first in "abcdefgh" from second in "abcdefgh" select ($"{first}{second}", $"{second}")];
        Assert.All(answerer.Answer(questions), answer => Assert.Equal(1, answer.Probability));
    }

    [Fact]
    public void Leaving_out_a_token_of_question_or_text_moves_the_answer()
    {
        TaskRunner runner = Runner(Kinds.TransformerXL, Head(HeadKind.Spans));
        Explanation explanation = new Answerer(runner, s_texts).Explain("abc", Marks);
        (int start, int end) = Place(explanation.Prediction, Marks);
        double full = ScoreOfSpan(runner, "abc", Marks, start, end);
        Assert.Equal(full, explanation.Score, 1e-9);
        Assert.Equal(full - ScoreOfSpan(runner, "ac", Marks, start, end), Of(explanation, "b")!.Value, 1e-9);
        Assert.Null(Of(explanation, explanation.Prediction[..1]));
        foreach (TokenInfluence token in explanation.Tokens.Where(token => token.Source == InfluenceSource.Text && token.Start != start && token.End != end))
        {
            (int first, int last) = (token.Start < start ? start - 1 : start, token.Start < end ? end - 1 : end);
            Assert.Equal(full - ScoreOfSpan(runner, "abc", Marks.Remove(token.Start, 1), first, last), token.LeftOut!.Value, 1e-9);
        }
    }

    [Fact]
    public void Explanations_have_the_same_bits_with_any_number_of_threads()
    {
        using CpuBackend one = new(null, 1), three = new(null, 3);
        Explanation[] results = [.. ((CpuBackend[])[one, three]).Select(backend => new Classifier(Runner(Kinds.TransformerXL, Head(HeadKind.OneLabel), backend), s_texts).Explain(new string('x', 200) + Text))];
        Assert.Equal(results[0].Score, results[1].Score);
        Assert.Equal(results[0].Tokens, results[1].Tokens);
    }

    [Fact]
    public void A_second_explanation_and_the_predictions_after_it_are_as_before()
    {
        Classifier classifier = new(Runner(Kinds.TransformerXL, Head(HeadKind.OneLabel)), s_texts);
        Classification before = classifier.Classify(Text);
        Explanation first = classifier.Explain(Text), again = classifier.Explain(Text);
        Assert.Equal(first.Tokens, again.Tokens);
        Assert.Equal(before.Probabilities, classifier.Classify(Text).Probabilities);
    }

    [Fact]
    public void The_bytes_of_a_character_are_one_piece_of_the_text()
    {
        Explanation explanation = new Classifier(Runner(Kinds.TransformerXL, Head(HeadKind.OneLabel)), s_texts).Explain("aé漢🐧z");
        Assert.Equal([("a", 0, 1), ("é", 1, 2), ("漢", 2, 3), ("🐧", 3, 5), ("z", 5, 6)], explanation.Tokens.Select(token => (token.Text, token.Start, token.End)));
    }

    [Fact]
    public void Words_are_found_in_the_text_even_where_they_are_unknown()
    {
        WordVocabulary vocabulary = new(["<eos>", "<unk>", "the", "river"]);
        Explanation explanation = new Classifier(Runner(Kinds.TransformerXL, Head(HeadKind.OneLabel), vocabulary: vocabulary.Count), new TaskTexts(vocabulary)).Explain("  the theatre\nthe  river");
        Assert.Equal([("the", 2), ("theatre", 6), ("the", 14), ("river", 19)], explanation.Tokens.Where(token => token.Text.Length > 0).Select(token => (token.Text, token.Start)));
    }

    [Fact]
    public void Words_are_found_in_the_text_with_the_special_tokens_of_an_encoder_too()
    {
        SpecialTokensVocabulary vocabulary = new(new WordVocabulary(["<eos>", "<unk>", "the", "river"]));
        TaskTexts texts = new(vocabulary);
        Explanation explanation = new Classifier(Runner(Kinds.Encoder, Head(HeadKind.OneLabel), vocabulary: vocabulary.Count), texts).Explain(" the (river)");
        Assert.Equal([("the", 1, 4), ("(river)", 5, 12)], Places(explanation));

        IReadOnlyList<Explanation> words = new Labeller(Runner(Kinds.Encoder, Head(HeadKind.Tags), vocabulary: vocabulary.Count), texts).Explain(LabellerInput.Of("the  river sings"));
        Assert.All(words, word => Assert.Equal([("the", 0, 3), ("river", 5, 10), ("sings", 11, 16)], Places(word)));

        Explanation answer = new Answerer(Runner(Kinds.Encoder, Head(HeadKind.Spans), vocabulary: vocabulary.Count), texts).Explain("the", "a (river), the");
        Assert.Equal([("the", 0, 3), ("a", 0, 1), ("(river),", 2, 10), ("the", 11, 14)], Places(answer));
    }

    private static IEnumerable<(string Text, int Start, int End)> Places(Explanation explanation) => explanation.Tokens.Select(token => (token.Text, token.Start, token.End));

    [Fact]
    public void The_pieces_with_the_largest_gradients_are_left_out_first()
    {
        Classifier classifier = new(Runner(Kinds.TransformerXL, Head(HeadKind.OneLabel)), s_texts);
        Explanation explanation = classifier.Explain(Text, options: new ExplanationOptions { MaxLeftOut = 4 });
        Assert.Equal(explanation.Tokens.OrderByDescending(token => Math.Abs(token.Gradient)).Take(4).Select(token => token.Start).Order(), explanation.Tokens.Where(token => token.LeftOut is not null).Select(token => token.Start));
        Assert.All(classifier.Explain(Text, options: new ExplanationOptions { MaxLeftOut = 0 }).Tokens, token => Assert.Null(token.LeftOut));
    }

    [Fact]
    public void Another_label_can_be_explained_and_an_unknown_one_is_refused()
    {
        Classifier classifier = new(Runner(Kinds.TransformerXL, Head(HeadKind.OneLabel)), s_texts);
        Explanation[] labels = [.. ((string[])["A", "B", "C"]).Select(label => classifier.Explain(Text, options: new ExplanationOptions { Label = label }))];
        Assert.Equal(1, labels.Sum(label => 1 / (1 + Math.Exp(-label.Score))), 1e-6);
        Assert.Contains("'D'", Assert.Throws<InputException>(() => classifier.Explain(Text, options: new ExplanationOptions { Label = "D" })).Message, StringComparison.Ordinal);
        string message = Assert.Throws<InputException>(() => classifier.Explain(Text, options: new ExplanationOptions { MaxTokens = 10 })).Message;
        Assert.Contains("17", message, StringComparison.Ordinal);
        Assert.Contains("10", message, StringComparison.Ordinal);
    }

    /// <summary>Scales the embedding of each token up and down.</summary>
    private static void RequireDifferences(TaskRunner runner, Explanation explanation, Func<double> score)
    {
        // A step may cross the place where another token becomes the largest of a pooling; a shorter one does not.
        double[] steps = [1.5e-3, 4e-4];
        foreach (TokenInfluence token in explanation.Tokens.Where(token => !char.IsWhiteSpace(token.Text[0])))
        {
            float[] row = runner.Model.Embedding.Tables[0].Value.Slice(token.Text[0], 1).Span.ToArray();
            double At(double factor)
            {
                Span<float> values = runner.Model.Embedding.Tables[0].Value.Slice(token.Text[0], 1).Span;
                for (int i = 0; i < row.Length; i++)
                {
                    values[i] = (float)(row[i] * factor);
                }

                double result = score();
                row.CopyTo(values);
                return result;
            }

            double[] quotients = [.. steps.Select(step => (At(1 + step) - At(1 - step)) / (2 * step))];
            Assert.True(
                quotients.Any(quotient => Math.Abs(quotient - token.Gradient) < 1e-3 + (5e-3 * Math.Abs(quotient))),
                $"'{token.Text}': {token.Gradient}, but the difference quotients are {string.Join(" and ", quotients)}");
        }

        Assert.True(explanation.Tokens.Max(token => Math.Abs(token.Gradient)) > 0.005, "all gradients are next to zero");
    }

    private static double ScoreOf(Classification result, string prediction)
    {
        if (result.Number is { } number)
        {
            return number;
        }

        double probability = result.Probabilities.Single(label => label.Label == prediction).Probability;
        return Math.Log(probability / (1 - probability));
    }

    private static double ScoreOfWord(TaskRunner runner, IReadOnlyList<string> words, int word, int label)
    {
        (int[] ids, int[] places) = s_texts.OfWords(words, runner.Head.Configuration);
        return LogOdds([.. runner.OfTokens([ids])[0].Skip(3 * places[word]).Take(3)], label);
    }

    /// <summary>The score of a span, which begins and ends with a token of one character.</summary>
    private static double ScoreOfSpan(TaskRunner runner, string question, string text, int start, int end)
    {
        QuestionTokens tokens = s_texts.OfQuestion(question, text, runner.Head.Configuration.Delay);
        float[] logits = runner.OfTokens([tokens.Ids])[0];
        int delay = runner.Head.Configuration.Delay;
        return Enumerable.Range(0, 2).Sum(side => LogOdds(
            [.. tokens.Places.Select(place => logits[(2 * (place.Token + delay)) + side])],
            tokens.Places.ToList().FindIndex(place => side == 0 ? place.Start == start : place.End == end)));
    }

    private static (int Start, int End) Place(string answer, string text)
    {
        int start = text.IndexOf(answer, StringComparison.Ordinal);
        return (start, start + answer.Length);
    }

    private static double LogOdds(float[] logits, int chosen)
    {
        double[] weights = [.. logits.Select(logit => Math.Exp((double)logit))];
        return Math.Log(weights[chosen] / (weights.Sum() - weights[chosen]));
    }

    private static double? Of(Explanation explanation, string letter) => explanation.Tokens.Single(token => token.Text == letter).LeftOut;

    private static HeadConfiguration Head(HeadKind kind) => new()
    {
        Kind = kind,
        Labels = kind is HeadKind.Number or HeadKind.Spans ? [] : ["A", "B", "C"],
        Delay = kind is HeadKind.Tags or HeadKind.Spans ? 2 : 0,
        Scheme = TagScheme.Plain,
        NumberScale = kind == HeadKind.Number ? 3 : 1,
        NumberMean = kind == HeadKind.Number ? 7 : 0,
    };

    private TaskRunner Runner(string kind, HeadConfiguration head, CpuBackend? backend = null, int vocabulary = 256)
    {
        ModelConfiguration configuration = new TransformerXLConfiguration
        {
            VocabularySize = vocabulary,
            Layers = 2,
            ModelSize = 16,
            Heads = 2,
            HeadSize = 8,
            InnerSize = 24,
            // Smooth, so that a difference quotient is near the gradient.
            Activation = FeedForwardActivation.Gelu,
            InitialDeviation = 0.2f,
        }.As(kind, rows: Segment);
        LanguageModel model = LanguageModel.Create(configuration, 3);
        // An LSTM begins with embeddings that hardly move it.
        foreach (ref float value in model.Embedding.Tables[0].Value.Span)
        {
            value *= kind == Kinds.Lstm ? 30 : 1;
        }

        return new TaskRunner(model, new TaskHead(head, 16, 4, 0.3f), backend ?? _backend, new ContextConfiguration { TargetLength = Segment, MemoryLength = 9 });
    }
}

using TransformerXL.Training.Metrics;
using Xunit;

namespace TransformerXL.Tests.Training.Metrics;

/// <summary>Scores of answers by the official scripts of SQuAD, worked out by hand.</summary>
public sealed class AnswerScoresTests
{
    [Theory]
    [InlineData("The  Cat, a dog!", "cat dog")]
    [InlineData("An apple (the)", "apple")]
    [InlineData("another theatre", "another theatre")]
    [InlineData("U.S.A.", "usa")]
    [InlineData("a-b", "ab")]
    [InlineData("the_end", "theend")]
    [InlineData("\u2018a\u2019 \u2014 the", "\u2018 \u2019 \u2014")]
    [InlineData("\u00C9T\u00C9\u00A0a\u00E9", "\u00E9t\u00E9 a\u00E9")]
    [InlineData("", "")]
    public void Answers_are_compared_without_case_punctuation_articles_and_white_space(string text, string normal) =>
        Assert.Equal(normal, AnswerText.Normalize(text));

    [Fact]
    public void F1_counts_shared_words_as_often_as_both_have_them()
    {
        // Shared: b, b of (b, b, c) and (b, b, b, d): precision 2/4, recall 2/3.
        Assert.Equal(4 / 7.0, AnswerText.F1("b b b d", "the b b c"), 1e-15);
        Assert.Equal(0, AnswerText.F1("x", "y"));
        Assert.Equal(1, AnswerText.F1("", "the"));
        Assert.Equal(0, AnswerText.F1("", "x"));
    }

    [Fact]
    public void Squad_1_takes_the_best_of_several_answers()
    {
        AnswerScores scores = new(withUnanswerable: false);
        scores.Add(["Denver Broncos", "The Broncos"], "broncos");
        scores.Add(["gold", "in gold letters"], "gold letters");
        scores.Add(["x"], "");
        Assert.Equal(100 / 3.0, scores.ExactMatch, 1e-12);

        // 1, max(2/3, 4/5), 0.
        Assert.Equal(100 * (1 + 0.8 + 0) / 3, scores.F1, 1e-12);
        Assert.Throws<InputException>(() => scores.Add([], "x"));
    }

    [Fact]
    public void Squad_1_gives_no_F1_to_an_answer_without_words()
    {
        // The script of 1.1: exact match compares empty strings, F1 finds no shared word.
        AnswerScores scores = new(withUnanswerable: false);
        scores.Add(["the"], "a");
        Assert.Equal((100.0, 0.0), (scores.ExactMatch, scores.F1));
    }

    [Fact]
    public void Squad_2_counts_questions_without_an_answer()
    {
        AnswerScores scores = new(withUnanswerable: true);
        scores.Add(["Ann"], "Ann Lee");
        scores.Add(["Bob"], "");
        scores.Add([], "");
        scores.Add([], "guess");
        Assert.Equal(25, scores.ExactMatch, 1e-12);
        Assert.Equal(100 * ((2 / 3.0) + 0 + 1 + 0) / 4, scores.F1, 1e-12);
        Assert.Equal((2, 0.0), (scores.HasAnswer.Count, scores.HasAnswer.ExactMatch));
        Assert.Equal(100 / 3.0, scores.HasAnswer.F1, 1e-12);
        Assert.Equal(new AnswerGroup(2, 50, 50), scores.NoAnswer);
    }

    [Fact]
    public void The_best_threshold_is_searched_question_by_question()
    {
        // By probability: (0.1, right), (0.2, no answer but one predicted), (0.4, right), (0.4, wrong), (0.9, no answer, none predicted).
        AnswerScores scores = new(withUnanswerable: true);
        scores.Add(["a b"], "wrong", 0.4);
        scores.Add([], "", 0.9);
        scores.Add(["x"], "x", 0.1);
        scores.Add([], "guess", 0.2);
        scores.Add(["y"], "y", 0.4);

        // Start 2; 0.1: 3; 0.2: 2; first of 0.4 (wrong): 2; second: 3; 0.9: 3. The first 3 stays the best.
        Assert.Equal((60.0, 0.1), scores.BestExactMatch());
        Assert.Equal((60.0, 0.1), scores.BestF1());
        Assert.Equal(60, scores.ExactMatch, 1e-12);
    }

    [Fact]
    public void A_threshold_turns_uncertain_predictions_into_no_answer()
    {
        AnswerScores scores = new(withUnanswerable: true, threshold: 0.5);
        scores.Add(["x"], "x", 0.6);
        scores.Add([], "guess", 0.6);
        scores.Add(["x"], "x", 0.5);
        Assert.Equal(200 / 3.0, scores.ExactMatch, 1e-12);
        Assert.Equal((0, 0), (new AnswerScores(true).ExactMatch, new AnswerScores(true).BestF1().Percent));
    }
}

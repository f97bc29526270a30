namespace TransformerXL.Training.Metrics;

/// <summary>Measures of a group of questions, in percent as the official scripts print them.</summary>
/// <param name="Count">Number of questions.</param>
/// <param name="ExactMatch">Share of the predictions that equal an accepted answer.</param>
/// <param name="F1">Mean F1 of the words shared with the best accepted answer.</param>
public readonly record struct AnswerGroup(long Count, double ExactMatch, double F1);

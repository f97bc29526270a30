namespace TransformerXL.Training.Settings;

/// <summary>One value of a configuration.</summary>
/// <param name="Member">Its path in <c>config.json</c>, such as <c>training.learningRate</c>.</param>
/// <param name="Value">The value as JSON.</param>
/// <param name="Origin">Where it came from.</param>
public sealed record RunSetting(string Member, string Value, SettingOrigin Origin);

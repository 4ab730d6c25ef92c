package httpapi

import (
	"context"
	"net/http"

	"annals/backend/auth"
)

// refreshCookie carries the refresh token: __Host- binds it to this host, Strict keeps other sites
// from using it, HttpOnly keeps scripts from reading it.
const refreshCookie = "__Host-annals_refresh"

func setRefresh(token string) http.Cookie {
	return http.Cookie{Name: refreshCookie, Value: token, Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode, MaxAge: int(auth.SessionLife.Seconds())}
}

func clearRefresh() http.Cookie {
	return http.Cookie{Name: refreshCookie, Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode, MaxAge: -1}
}

// signIn is the answer to every step of signing in.
type signIn struct {
	Status        string    `json:"status" enum:"ok,mfa_required,mfa_setup_required"`
	AccessToken   string    `json:"accessToken,omitempty"`
	ExpiresIn     int       `json:"expiresIn,omitempty" doc:"Seconds until the access token ends"`
	User          *userJSON `json:"user,omitempty"`
	Challenge     string    `json:"challenge,omitempty" doc:"To give with the next step"`
	Methods       []string  `json:"methods,omitempty" doc:"How the second factor may be given"`
	RecoveryCodes []string  `json:"recoveryCodes,omitempty" doc:"Shown once"`
}

type signInOut struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      signIn
}

func signedIn(a auth.Answer, err error) (*signInOut, error) {
	if err != nil {
		return nil, err
	}
	out := &signInOut{Body: signIn{Status: a.Status, AccessToken: a.AccessToken, ExpiresIn: a.ExpiresIn, Challenge: a.Challenge, Methods: a.Methods, RecoveryCodes: a.RecoveryCodes}}
	if a.Status == auth.StatusOK {
		p := personOf(a.User, false)
		out.Body.User = &p
	}
	if a.RefreshToken != "" {
		out.SetCookie = []http.Cookie{setRefresh(a.RefreshToken)}
	}
	return out, nil
}

type loginIn struct {
	Body struct {
		Email    string `json:"email" maxLength:"500"`
		Password string `json:"password" maxLength:"1000"`
	}
}

func (s *Server) login(ctx context.Context, in *loginIn) (*signInOut, error) {
	return signedIn(s.Auth.Login(ctx, client(ctx), in.Body.Email, in.Body.Password))
}

type challengeCodeIn struct {
	Body struct {
		Challenge string `json:"challenge" maxLength:"500"`
		Code      string `json:"code" maxLength:"100" doc:"TOTP or recovery code"`
	}
}

func (s *Server) verifyMFA(ctx context.Context, in *challengeCodeIn) (*signInOut, error) {
	return signedIn(s.Auth.Verify(ctx, client(ctx), in.Body.Challenge, in.Body.Code))
}

type setupIn struct {
	Authorization string `header:"Authorization"`
	Body          struct {
		Challenge string `json:"challenge,omitempty" maxLength:"500"`
	}
}

type setupOut struct {
	Secret     string `json:"secret"`
	OTPAuthURL string `json:"otpauthUrl"`
	QRCode     string `json:"qrCode" doc:"data:image/png;base64,…"`
}

func (s *Server) setupMFA(ctx context.Context, in *setupIn) (*body[setupOut], error) {
	if in.Body.Challenge != "" {
		return setupAnswer(s.Auth.SetupMFA(ctx, client(ctx), in.Body.Challenge))
	}
	p, err := s.Auth.Authenticate(ctx, client(ctx), token(in.Authorization))
	if err != nil {
		return nil, err
	}
	return setupAnswer(s.Auth.SetupOwnMFA(ctx, p))
}

func setupAnswer(e auth.Setup, err error) (*body[setupOut], error) {
	return answer(setupOut{e.Secret, e.URL, e.QRCode}), err
}

type activateIn struct {
	Authorization string `header:"Authorization"`
	Body          struct {
		Challenge string `json:"challenge,omitempty" maxLength:"500"`
		Code      string `json:"code" maxLength:"100"`
	}
}

func (s *Server) activateMFA(ctx context.Context, in *activateIn) (*signInOut, error) {
	if in.Body.Challenge != "" {
		return signedIn(s.Auth.ActivateMFA(ctx, client(ctx), in.Body.Challenge, in.Body.Code))
	}
	p, err := s.Auth.Authenticate(ctx, client(ctx), token(in.Authorization))
	if err != nil {
		return nil, err
	}
	return signedIn(s.Auth.ActivateOwnMFA(ctx, p, in.Body.Code))
}

type codeIn struct {
	Body struct {
		Code string `json:"code" maxLength:"100"`
	}
}

func (s *Server) disableMFA(ctx context.Context, in *codeIn) (*nothing, error) {
	return nil, s.Auth.DisableMFA(ctx, who(ctx), in.Body.Code)
}

type recoveryCodes struct {
	RecoveryCodes []string `json:"recoveryCodes"`
}

func (s *Server) newRecoveryCodes(ctx context.Context, in *codeIn) (*body[recoveryCodes], error) {
	codes, err := s.Auth.NewRecoveryCodes(ctx, who(ctx), in.Body.Code)
	if err != nil {
		return nil, err
	}
	return answer(recoveryCodes{codes}), nil
}

type emailIn struct {
	Body struct {
		Email string `json:"email" maxLength:"500"`
	}
}

func (s *Server) requestOTP(ctx context.Context, in *emailIn) (*nothing, error) {
	return nil, s.Auth.RequestOTP(ctx, client(ctx), in.Body.Email)
}

type loginOTPIn struct {
	Body struct {
		Email string `json:"email" maxLength:"500"`
		OTP   string `json:"otp" maxLength:"100"`
	}
}

func (s *Server) loginOTP(ctx context.Context, in *loginOTPIn) (*signInOut, error) {
	return signedIn(s.Auth.LoginOTP(ctx, client(ctx), in.Body.Email, in.Body.OTP))
}

type invitationIn struct {
	Body struct {
		Token string `json:"token" maxLength:"500" doc:"What stands behind the # of the link"`
	}
}

type invitationOut struct {
	Name         string `json:"name"`
	Email        string `json:"email"`
	Organization string `json:"organization"`
}

func (s *Server) invitation(ctx context.Context, in *invitationIn) (*body[invitationOut], error) {
	u, err := s.Auth.Invitation(ctx, client(ctx), in.Body.Token)
	if err != nil {
		return nil, err
	}
	return answer(invitationOut{u.Name, u.Email, u.TenantName}), nil
}

type acceptIn struct {
	Body struct {
		Token    string `json:"token" maxLength:"500"`
		Password string `json:"password" maxLength:"1000"`
	}
}

func (s *Server) acceptInvitation(ctx context.Context, in *acceptIn) (*signInOut, error) {
	return signedIn(s.Auth.AcceptInvitation(ctx, client(ctx), in.Body.Token, in.Body.Password))
}

type refreshIn struct {
	Token string `cookie:"__Host-annals_refresh"`
}

func (s *Server) refresh(ctx context.Context, in *refreshIn) (*signInOut, error) {
	return signedIn(s.Auth.Refresh(ctx, client(ctx), in.Token))
}

type logoutOut struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

func (s *Server) logout(ctx context.Context, in *refreshIn) (*logoutOut, error) {
	if err := s.Auth.Logout(ctx, client(ctx), in.Token); err != nil {
		return nil, err
	}
	return &logoutOut{SetCookie: []http.Cookie{clearRefresh()}}, nil
}

type passwordIn struct {
	Body struct {
		CurrentPassword string `json:"currentPassword" maxLength:"1000"`
		NewPassword     string `json:"newPassword" maxLength:"1000"`
	}
}

func (s *Server) changePassword(ctx context.Context, in *passwordIn) (*nothing, error) {
	return nil, s.Auth.ChangePassword(ctx, who(ctx), in.Body.CurrentPassword, in.Body.NewPassword)
}
